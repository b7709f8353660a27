/**
 * Markdown of a skill, which anybody may have written, as a fragment that is safe to show.
 *
 * Three fences, each enough for the usual attacks: raw HTML is shown as the text that it is; links and images never become
 * `<a>` or `<img>`, their addresses are printed; and what comes out passes DOMPurify with a short list of elements.
 * Addresses can be buttons then, which ask the page what to do.
 * Both libraries are loaded when the first skill is opened.
 */

import { withoutOverrides } from '../../shared/texts.js';
import { trustedPolicy } from '../../shared/trusted.js';
import { element } from '../markup.js';

const ALLOWED_TAGS = [
  'h3', 'h4', 'h5', 'h6', 'p', 'br', 'hr', 'ul', 'ol', 'li', 'blockquote', 'pre', 'code', 'em', 'strong', 'del', 'span', 'div',
  'table', 'thead', 'tbody', 'tr', 'th', 'td',
];
/** `class` only ever comes from the renderer below. */
const ALLOWED_ATTR = ['class', 'start', 'align', 'tabindex', 'role', 'aria-label'];
/** The panel has an h2, so instructions begin at h3 and go no deeper than h6. */
const TOP_LEVEL = 3;
/** What comes after so many characters is shown as the text that it is: parsers are slow on texts that are made to be slow. */
const MAX_CHARS = 32_000;

/** @typedef {(button: HTMLButtonElement, address: string) => void} OnAddress */

/** @type {Promise<[typeof import('../../pkg/vendor/marked.esm.js'), typeof import('../../pkg/vendor/purify.es.mjs')]> | null} */
let libraries = null;

/** Fetches the libraries, unless they are here. */
export async function loadMarkdown() {
  libraries ??= Promise.all([import('../../pkg/vendor/marked.esm.js'), import('../../pkg/vendor/purify.es.mjs')]);
  try {
    return await libraries;
  } catch (error) {
    libraries = null; // Forget the failure, so that the next skill tries again.
    throw error;
  }
}

/**
 * @param {string} markdown untrusted
 * @param {{ onAddress?: OnAddress }} [options] without `onAddress` addresses are nothing but text
 * @returns {Promise<DocumentFragment>}
 */
export async function renderMarkdown(markdown, { onAddress } = {}) {
  const [{ Marked }, { default: DOMPurify }] = await loadMarkdown();
  const text = withoutOverrides(markdown);
  try {
    const marked = new Marked({ gfm: true });
    const tokens = marked.lexer(text.slice(0, MAX_CHARS));
    const shallowest = Math.min(...tokens.map((token) => (token.type === 'heading' ? token.depth : Infinity)), 6);
    marked.use({ renderer: renderer(TOP_LEVEL - shallowest) });
    const html = marked.parser(tokens);
    const policy = trustedPolicy();
    const fragment = DOMPurify.sanitize(html, {
      ALLOWED_TAGS, ALLOWED_ATTR, ALLOW_DATA_ATTR: false, RETURN_DOM_FRAGMENT: true, TRUSTED_TYPES_POLICY: policy ?? undefined,
    });
    if (onAddress) {
      for (const span of fragment.querySelectorAll('.address')) span.replaceWith(addressButton(span.textContent, onAddress));
    }
    if (text.length > MAX_CHARS) fragment.append(asText(text.slice(MAX_CHARS)));
    return fragment;
  } catch {
    return asText(text); // Nested deeper than the stack allows.
  }
}

/** An address that does nothing but tell of itself when it is pressed. @param {string} address @param {OnAddress} onAddress */
export function addressButton(address, onAddress) {
  const textContent = withoutOverrides(address);
  const button = element('button', { type: 'button', className: 'address', textContent, dir: 'auto' });
  button.setAttribute('aria-expanded', 'false');
  button.addEventListener('click', () => onAddress(button, address));
  return button;
}

/** @param {string} text */
function asText(text) {
  const fragment = document.createDocumentFragment();
  const pre = element('pre');
  pre.tabIndex = 0;
  pre.textContent = text;
  fragment.append(pre);
  return fragment;
}

/**
 * How the parts that are not plain text are written.
 * @param {number} shift of heading levels @returns {import('../../pkg/vendor/marked.esm.js').RendererObject}
 */
function renderer(shift) {
  return {
    html({ text }) {
      return escapeHtml(text);
    },
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      const address = escapeHtml(href);
      return text === address ? `<span class="address">${address}</span>` : `${text} <span class="address">${address}</span>`;
    },
    image({ href, text }) {
      return `<span class="image">image${text ? `: ${escapeHtml(text)}` : ''}</span> (<span class="address">${escapeHtml(href)}</span>)`;
    },
    heading({ tokens, depth }) {
      const level = Math.min(6, Math.max(TOP_LEVEL, depth + shift));
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
    code({ text }) {
      return `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>\n`;
    },
    table(token) {
      const cells = (/** @type {import('../../pkg/vendor/marked.esm.js').Tokens.TableCell[]} */ row, /** @type {'td' | 'th'} */ tag) => `<tr>${row.map(({ tokens, align }) => `<${tag}${align ? ` align="${align}"` : ''}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`;
      const body = token.rows.map((row) => cells(row, 'td')).join('');
      return `<div class="table" role="group" aria-label="Table" tabindex="0"><table><thead>${cells(token.header, 'th')}</thead><tbody>${body}</tbody></table></div>\n`;
    },
    checkbox({ checked }) {
      return `<span class="checkbox">${checked ? '☑' : '☐'}</span> `;
    },
  };
}

/** @param {string} text */
function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
