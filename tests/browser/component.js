/**
 * Pages of somebody else with `<skill-search>` in them, and routers that need no engine.
 */

import { AxeBuilder } from '@axe-core/playwright';
import { expect } from './page.js';

/** Skills of a router that needs no engine. */
export const FAKE_ROUTES = [
  { skill_idx: 7, name: 'receipts', description: 'Reads receipts.', score: 0.9, source: 'first/catalogue', license: 'MIT', lexical_rank: 1, dense_rank: 2 },
  { skill_idx: 3, name: 'ledger', description: 'Keeps a ledger.', score: 0.5, lexical_rank: 2 },
  { skill_idx: 9, name: 'receipts', description: 'Reads receipts.', score: 0.4, source: 'second/catalogue' },
  { skill_idx: 4, name: 'receipts', description: 'Reads receipts of another kind.', score: 0.3, dense_rank: 1 },
  { skill_idx: 5, name: 'receipts', description: 'Reads receipts.', score: 0.2, source: 'third/catalogue' },
  { skill_idx: 6, name: 'pending', score: 0.1 },
  { skill_idx: 8, name: 'pending', score: 0.1 },
];
const FAKE_BODY = `# Receipts

Start with a list of the files.

- Photograph every receipt flat, and turn the photos into rows of a spreadsheet, one for each receipt.
- Archive the rest.`;

const COMPONENT = 'component.html';

/** Opens a page of somebody's site with this inside its body. @param {string} [attributes] of its html element */
export async function openPage(page, body, attributes = 'lang="en"') {
  await page.route(`**/${COMPONENT}`, (route) => route.fulfill({
    contentType: 'text/html',
    body: `<!doctype html><html ${attributes}><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'">
      <meta name="color-scheme" content="light dark"><title>A site</title>
      <script type="module" src="skill-search.js"></script><main><h1>A site</h1>${body}</main></html>`,
  }));
  await page.goto(COMPONENT);
  await page.waitForFunction(() => customElements.get('skill-search'));
  await page.evaluate(() => (document.body.style.background = 'Canvas')); // What axe-core takes for white where nothing is said.
}

/** Gives an element a router of the page's own. `bodies`: instructions that differ from `body`, by skill_idx. */
export async function giveRouter(page, { routes = FAKE_ROUTES, body = FAKE_BODY, bodies = {}, fit } = {}, selector = 'skill-search') {
  await page.evaluate(({ routes, body, bodies, fit, selector }) => {
    window.asked = [];
    document.querySelector(selector).router = {
      async route(query) {
        window.asked.push(query);
        return { stage: 'retrieved', device: { kind: 'cpu', name: 'fake' }, fit, routes, timings_ms: { total: 1 } };
      },
      body: async (skill_idx) => (skill_idx in bodies ? bodies[skill_idx] : body),
      close: () => (window.n_closed = 1),
    };
  }, { routes, body, bodies, fit, selector });
  await expect(page.locator(`${selector} #state`)).toHaveAttribute('data-state', 'ready');
}

/** By axe-core, once nothing moves any more. */
export async function expectNoViolations(page) {
  await page.evaluate(() => Promise.all([...document.querySelectorAll('skill-search')].flatMap(({ shadowRoot }) => shadowRoot.getAnimations())
    .filter(({ effect }) => effect.getTiming().iterations !== Infinity).map(({ finished }) => finished)));
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
}
