/**
 * Options: which files the browser keeps for the extension, how large they are, and how they go.
 */

import { element, part as $ } from '../elements/markup.js';
import { formatBytes } from '../shared/texts.js';
import { forgetStored, listStored } from '../storage/cache.js';
import { announce } from './options-page.js';

export async function startKeptSection() {
  $('kept-delete').addEventListener('click', async () => {
    await forgetStored();
    await showKept();
    announce('Deleted.');
  });
  document.addEventListener('visibilitychange', () => void showKept());
  await showKept();
}

export async function showKept() {
  const files = await listStored();
  const total_bytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  $('kept-own').textContent = files.length === 0
    ? 'Nothing was downloaded.'
    : `Downloaded for your own index: ${formatBytes(total_bytes)}. Deleted, they are downloaded again when the index is opened next.`;
  $('kept-list').replaceChildren(...files.map(fileItem));
  $('kept-delete').hidden = files.length === 0;
}

/** @param {{ url: string, bytes: number }} file */
function fileItem({ url, bytes }) {
  const item = element('li');
  item.append(
    element('bdi', { textContent: url }),
    element('span', { className: 'bytes', textContent: formatBytes(bytes) }),
  );
  return item;
}
