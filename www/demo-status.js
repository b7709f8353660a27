/**
 * Everything around the answers that says how things stand: download bar, banner, state light, timings, what is kept.
 */

let storage_full = false;

const $ = (id) => document.getElementById(id);

/** What stands above skills that are only the nearest ones; a screen reader hears it too. */
export const NOTHING_FITS = 'Nothing here seems to fit this task. The nearest:';

/** What the banner says above the error's own sentence, by code. */
const BANNER_TITLES = {
  network: 'A file did not arrive',
  'not-found': 'A file is missing on the server',
  truncated: 'A file arrived cut off',
  checksum: 'A file arrived damaged',
  engine: 'The engine stopped',
  'encoder-mismatch': 'Index and model do not belong together',
};

/** @param {number} bytes @returns {string} */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} KB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {'loading' | 'words' | 'ready' | 'failed'} state @param {string} text */
export function showState(state, text) {
  $('state').dataset.state = state;
  $('state-text').textContent = text;
}

/** @param {import('./client.js').Progress} progress */
export function showProgress({ loaded_bytes, total_bytes, cached_bytes, cache_full }) {
  storage_full = cache_full;
  const idle = loaded_bytes === total_bytes || loaded_bytes === cached_bytes; // What is kept comes too fast for a bar.
  $('loading').hidden = $('loading-bar').hidden = idle;
  Object.assign($('loading-bar'), { max: total_bytes, value: loaded_bytes });
  $('loading-text').textContent = `${formatBytes(loaded_bytes)} of ${formatBytes(total_bytes)}`;
}

export function hideProgress() {
  $('loading').hidden = $('loading-bar').hidden = true;
}

/**
 * @param {{ code?: string, message: string }} error
 * @param {{ title?: string, retry_label?: string, meanwhile?: string }} options `meanwhile`: what answers are until it is mended
 */
export function showBanner(error, { title, retry_label = 'Try again', meanwhile }) {
  const message = error.message.replace(/^[a-z]+(?= )/, (word) => word[0].toUpperCase() + word.slice(1)); // Not a file's name.
  $('banner-title').textContent = title ?? BANNER_TITLES[error.code] ?? 'The index could not be opened';
  $('banner-text').textContent = meanwhile ? `${message}. Until then, answers are ${meanwhile}.` : `${message}.`;
  $('banner').dataset.code = error.code ?? '';
  $('banner-retry').textContent = retry_label;
  $('banner').hidden = false;
}

export function hideBanner() {
  $('banner').hidden = true;
}

/** @param {import('./client.js').Answer} answer */
export function showTimings({ timings_ms, device, encoder_device }) {
  const ms = (value) => (value < 0.1 ? '<0.1 ms' : value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);
  const parts = [['words', 'lexical'], ['meaning', 'encode'], ['search', 'search'], ['cards', 'cards'], ['re-ranking', 'rerank']]
    .filter(([, key]) => timings_ms[key] !== undefined)
    .map(([label, key]) => `${label} ${ms(timings_ms[key])}`);
  const where = ` on the ${device.kind.toUpperCase()}${encoder_device ? `, the task on the ${encoder_device.kind.toUpperCase()}` : ''}`;
  const notes = [parts.join(' · '), device.kind === 'gpu' && device.name, device.reason].filter(Boolean);
  $('timings').replaceChildren(strong(ms(timings_ms.total)), where, ...notes.map(note));
}

/** @param {import('./client.js').About} about */
export function showAbout({ n_skills, models, bytes }) {
  const lines = models.map(({ role, name, bytes }) => `${role} ${name}, ${bytes ? formatBytes(bytes) : 'not loaded'}`);
  $('about').replaceChildren(strong(`${n_skills.toLocaleString('en')} skills`), `, ${formatBytes(bytes.total)}`, ...lines.map(note));
}

/** @param {import('./client.js').Answer} answer @param {boolean} shown whether the list shows its order already */
export function showStage({ stage, reason, reranked, fit }, shown) {
  const how = {
    lexical: () => 'by words',
    retrieved: () => reason ?? 'by words and meaning',
    reranked: () => reason ?? `re-ranked ${reranked.done} of ${reranked.of}`,
  }[stage]();
  $('answer-stage').dataset.stage = stage;
  $('answer-stage').textContent = shown ? how : `${how}; the new order comes when you leave the list`;
  $('answer-stage').title = reason ?? '';
  if (!shown) return; // What fits is said of the skills that one sees.
  $('answer').dataset.fit = fit?.word ?? '';
  $('answer-title').textContent = fit?.word === 'none' ? NOTHING_FITS : 'Skills';
}

/** @param {{ url: string, bytes: number }[]} files */
export function showStored(files) {
  const total_bytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  $('stored').textContent = files.length > 0 ? formatBytes(total_bytes) : 'nothing';
  $('stored-note').textContent = storage_full ? 'no space left to keep the rest' : `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  $('forget').hidden = files.length === 0;
}

function strong(text) {
  return Object.assign(document.createElement('strong'), { textContent: text });
}

function note(text) {
  return Object.assign(document.createElement('span'), { className: 'note', textContent: text });
}
