/**
 * The meters at the foot of the demo page: timings of the last answer, index and models, what this browser keeps.
 */

import { element, part as $ } from '../../elements/markup.js';
import { formatBytes } from '../../shared/texts.js';

let storage_full = false;

/** @param {import('../../client.js').Progress} progress */
export function noteProgress({ cache_full }) {
  storage_full = cache_full;
}

/** @param {import('../../client.js').Answer} answer */
export function showTimings({ timings_ms, device, encoder_device }) {
  const ms = (/** @type {number} */ value) => (value < 0.1 ? '<0.1 ms' : value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);
  const { lexical, encode, search, cards, rerank, total } = timings_ms;
  const parts = Object.entries({ words: lexical, meaning: encode, search, cards, 're-ranking': rerank })
    .flatMap(([label, time_ms]) => (time_ms === undefined ? [] : [`${label} ${ms(time_ms)}`]));
  const where = ` on the ${device.kind.toUpperCase()}${encoder_device ? `, the task on the ${encoder_device.kind.toUpperCase()}` : ''}`;
  const notes = [parts.join(' · '), device.kind === 'gpu' ? device.name : '', device.reason ?? ''].filter((text) => text !== '');
  $('timings').replaceChildren(strong(ms(total)), where, ...notes.map(note));
}

/** @param {import('../../client.js').About} about */
export function showAbout({ n_skills, models, bytes, prefetch }) {
  $('ahead').hidden = prefetch === 'none';
  $('on-demand').hidden = prefetch !== 'none';
  const lines = [...new Set(models.map(({ name }) => name))].map((name) => {
    const same = models.filter((model) => model.name === name); // An encoder may be the reranker too.
    const size = same[0].bytes ? formatBytes(same[0].bytes) : 'not loaded';
    return `${same.map(({ role }) => role).join(' and ')} ${name}, ${size}`;
  });
  $('about').replaceChildren(strong(`${n_skills.toLocaleString('en')} skills`), `, ${formatBytes(bytes.total)}`, ...lines.map(note));
}

/** @param {{ url: string, bytes: number }[]} files */
export function showStored(files) {
  const total_bytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  $('stored').textContent = files.length > 0 ? formatBytes(total_bytes) : 'nothing';
  $('stored-note').textContent = storage_full ? 'no space left to keep the rest' : `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
}

/** @param {string} text */
function strong(text) {
  return element('strong', { textContent: text });
}

/** @param {string} text */
function note(text) {
  return element('span', { className: 'note', textContent: text });
}
