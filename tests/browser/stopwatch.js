/**
 * Times what somebody at the demo page waits for, from inside the page: the first answer, each keystroke's, and tasks of the main thread
 * that are long enough to be felt.
 */

/**
 * @typedef {object} Times milliseconds since the visit began, or spans of them
 * @property {Record<string, number>} first when a state or a stage was first reached
 * @property {number[]} keystrokes_ms from a key to the answer by words for what stands there then
 * @property {{ start_ms: number, span_ms: number }[]} long_tasks of 50 ms and more, as browsers define them
 */

/** Starts with the next page that is opened. @param {import('@playwright/test').Page} page @param {string} [question] asked as soon as there is a text box */
export async function startStopwatch(page, question) {
  await page.addInitScript((question) => {
    const times = (window.times = { first: {}, keystrokes_ms: [], long_tasks: [] });
    const note = (what) => (times.first[what] ??= performance.now());
    let pressed = null;
    document.addEventListener('input', () => (pressed = performance.now()), true);
    document.addEventListener('skill-search-state', ({ detail }) => note(detail.state));
    document.addEventListener('skill-search-answer', ({ target, detail: { answer, query } }) => {
      note(answer.stage);
      if (answer.stage !== 'lexical' || pressed === null || query !== target.value.trim()) return;
      times.keystrokes_ms.push(performance.now() - pressed);
      pressed = null;
    });
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) times.long_tasks.push({ start_ms: startTime, span_ms: duration });
    }).observe({ type: 'longtask', buffered: true });
    if (question === undefined) return;
    customElements.whenDefined('skill-search').then(() => setTimeout(() => (document.querySelector('skill-search').value = question)));
  }, question);
}

/** @returns {Promise<Times>} until now */
export function readStopwatch(page) {
  return page.evaluate(() => window.times);
}

/** @param {number[]} values @param {number} share of them that is not above it */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
