/**
 * How things stand on the page that evaluates: the light, the banner, the progress of a run, and what a screen reader hears.
 */

import { part as $ } from '../../elements/markup.js';

/** @param {'loading' | 'words' | 'ready' | 'failed'} state @param {string} text */
export function showState(state, text) {
  $('state').dataset.state = state;
  $('state-text').textContent = text;
}

/** How much of the model is here, while answers are by words. @param {import('../../client.js').Progress} progress */
export function showLoading({ loaded_bytes, total_bytes }) {
  if ($('state').dataset.state !== 'words') return;
  $('state-text').textContent = `By words, model ${Math.floor((loaded_bytes / total_bytes) * 100)}% loaded`;
}

/** @param {{ message: string }} error @param {{ title: string, label?: string, onClick?: () => void }} options of its button */
export function showBanner({ message }, { title, label = 'Dismiss', onClick = hideBanner }) {
  $('banner-title').textContent = title;
  $('banner-text').textContent = `${message}.`;
  $('banner-button').textContent = label;
  $('banner-button').onclick = onClick;
  $('banner').hidden = false;
}

export function hideBanner() {
  $('banner').hidden = true;
}

/** Says each quarter of a run to a screen reader; the bar says the rest. @param {import('./run.js').Run} run */
export function showProgress({ judged, set, ms_per_query }) {
  const [done, n] = [judged.length, set.queries.length];
  Object.assign($('progress-bar'), { max: n, value: done });
  const left = ms_per_query === undefined ? '' : `, ${timeLeft((ms_per_query * (n - done)) / 1000)}`;
  $('progress-text').textContent = `${done} of ${n} queries${left}`;
  const quarter = Math.floor((4 * done) / n);
  if (done < n && quarter > Math.floor((4 * (done - 1)) / n)) announce(`${done} of ${n} queries asked`);
}

/** @param {string} text */
export function announce(text) {
  $('announcement').textContent = text;
}

/** @param {number} n @param {string} one @param {string} [many] @returns {string} */
export function count(n, one, many = `${one}s`) {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

/** @param {number} seconds */
function timeLeft(seconds) {
  return seconds < 90 ? `about ${count(Math.ceil(seconds), 'second')} left` : `about ${Math.round(seconds / 60)} minutes left`;
}
