/**
 * An address in the text of a skill, for somebody who asked where it leads: said plainly, with the host that decides, before
 * anything is opened. Only a press on "Open" opens it, in a tab that knows nothing of this page. Loaded at the first such question.
 */

import { withoutOverrides } from '../../shared/texts.js';
import { element } from '../markup.js';
import { copyButton, quietButton } from './copy.js';

const MAY_OPEN = ['http:', 'https:', 'mailto:'];

/**
 * Shows below the button where its address leads, or hides it again.
 * @param {HTMLButtonElement} button @param {string} address as the skill has it
 */
export function toggleAddress(button, address) {
  if (button.getAttribute('aria-expanded') === 'true') {
    button.nextElementSibling?.remove();
    button.setAttribute('aria-expanded', 'false');
    return;
  }
  button.after(explanation(address));
  button.setAttribute('aria-expanded', 'true');
}

/** @param {string} address */
function explanation(address) {
  const { url, notes } = judge(address);
  const box = element('span', { className: 'address-box' });
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', 'Where this address leads');
  const whole = element('span', { className: 'whole', dir: 'ltr' });
  whole.append(...parts(url, address));
  const actions = element('span', { className: 'actions' });
  if (url) actions.append(quietButton('Open in a new tab', () => void window.open(url.href, '_blank', 'noopener,noreferrer')));
  actions.append(copyButton('Copy address', url?.href ?? address));
  box.append(whole, ...notes.map((text) => element('span', { className: 'warning' }, text)), actions);
  return box;
}

/**
 * What is to be said of an address.
 * @param {string} address
 * @returns {{ url: URL | null, notes: string[] }} `url`: what may be opened
 */
export function judge(address) {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url) return { url: null, notes: ['This is not a complete address. It may name a file beside the skill, which is not included here.'] };
  if (!MAY_OPEN.includes(url.protocol)) return { url: null, notes: [`Addresses that begin with “${url.protocol}” are not opened from here.`] };
  const notes = [];
  if (url.hostname.split('.').some((label) => label.startsWith('xn--'))) {
    notes.push('The host has letters that may be taken for others; it is spelled here as computers spell it.');
  }
  if (url.username || url.password) notes.push('What stands before the @ is not the host.');
  if (url.protocol === 'http:') notes.push('The connection is not encrypted.');
  return { url, notes };
}

/** The address with its host set off. @param {URL | null} url @param {string} address */
function parts(url, address) {
  if (!url?.host) return [withoutOverrides(url?.href ?? address)];
  const { href, host, protocol, username, password } = url;
  const at = `${protocol}//${username}${password ? `:${password}` : ''}${username || password ? '@' : ''}`.length;
  return [href.slice(0, at), element('strong', {}, host), href.slice(at + host.length)];
}
