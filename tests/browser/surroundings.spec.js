/**
 * Pages that forbid something, have no origin, or take the files from another one: it works where the platform lets it, else it says
 * what to change.
 */

import { expect, test } from './page.js';
import { serveSite, TEST_SITE } from './static-server.js';

const TASK = 'turn these receipts into a spreadsheet';
const EVAL = "'wasm-unsafe-eval'";
const TRUSTED = `script-src 'self' ${EVAL}; object-src 'none'; base-uri 'none'; require-trusted-types-for 'script'`;
const CORS = { 'access-control-allow-origin': '*' };

/** Those that a test has started. */
let hosts = [];
test.afterEach(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  hosts = [];
});

async function serve(headers = {}) {
  const host = await serveSite({ folder: TEST_SITE, headers });
  hosts.push(host);
  return host;
}

/** A page with `<skill-search>`, whose files come from `base`. */
function pageWith(base = '') {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>A site</title><script type="module" src="${base}skill-search.js"></script>
    <skill-search index="${base}index/" models="${base}models/" reranker="none" load="eager"></skill-search></html>`;
}

/** Opens such a page on a host of its own. @param {{ base?: string, headers?: Record<string, string> }} [options] */
async function openPage(page, { base, headers } = {}) {
  const host = await serve(headers);
  host.route('**/page.html', (exchange) => exchange.fulfill({ body: pageWith(base) }));
  await page.goto(`${host.url}page.html`);
}

async function expectAnswers(demo) {
  await demo.expectState('ready');
  await demo.ask(TASK);
  await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
}

for (const [what, policy] of Object.entries({ 'Trusted Types': TRUSTED, 'Trusted Types of one policy alone': `${TRUSTED}; trusted-types skillrouter` })) {
  test(`${what}: answers, and instructions`, async ({ demo, page }) => {
    await openPage(page, { headers: { 'content-security-policy': policy } });
    await expectAnswers(demo);
    await demo.options.first().click();
    await expect(demo.panel.locator('#panel-body h3').first()).toBeVisible();
    await page.evaluate(() => import('./own-skills.js').then(() => document.body.append(document.createElement('own-skills'))));
    await expect(page.locator('own-skills').getByRole('button', { name: 'Choose a folder' })).toBeVisible();
  });
}

test('files of another origin that allows it: the worker starts, and files are kept', async ({ demo, page }) => {
  const { url } = await serve(CORS);
  await openPage(page, { base: url });
  await expectAnswers(demo);
  const kept = await page.evaluate(async () => (await (await caches.open('skillrouter-v1')).keys()).map((request) => request.url));
  expect(kept).toContainEqual(expect.stringContaining(`${url}index/lexical-`));
});

test('a sandboxed frame has no origin and keeps nothing, but answers', async ({ page }) => {
  const host = await serve(CORS);
  host.route('**/inner.html', (exchange) => exchange.fulfill({ body: pageWith() }));
  host.route('**/page.html', (exchange) => exchange.fulfill({ body: '<!doctype html><iframe sandbox="allow-scripts" src="inner.html" width="900" height="700"></iframe>' }));
  await page.goto(`${host.url}page.html`);
  const frame = page.frameLocator('iframe');
  await expect(frame.locator('#state')).toHaveAttribute('data-state', 'ready', { timeout: 30_000 });
  await frame.getByRole('combobox').fill(TASK);
  await expect(frame.locator('#results .name').first()).toHaveText('receipts-to-spreadsheet');
});

test.describe('what is forbidden', () => {
  test.use({ tolerated: /Content Security Policy|Trusted ?Types|TrustedHTML/ });

  /** @returns what `open` rejects with, on a page of a host with these headers */
  async function failure(page, headers, options = {}, base = undefined) {
    const host = await serve(headers);
    host.route('**/empty.html', (exchange) => exchange.fulfill({ body: '<!doctype html><title>A site</title>' }));
    await page.goto(`${host.url}empty.html`);
    return page.evaluate(async ({ base, options }) => {
      const { SkillRouter } = await import(new URL('client.js', base ?? document.baseURI).href);
      return SkillRouter.open(options).then(() => null, ({ name, code, message }) => ({ name, code, message }));
    }, { base, options });
  }

  const CASES = {
    'WebAssembly': { policy: "script-src 'self'", remedy: /add 'wasm-unsafe-eval' to script-src/ },
    'requests': { policy: `connect-src 'none'; script-src 'self' ${EVAL}`, remedy: /http:\S+\/index\/index\.json could not be fetched \(the policy of this page forbids it\); add 'self' to connect-src/},
    'workers': { policy: `worker-src 'none'; script-src 'self' ${EVAL}`, remedy: /http:\S+\/engine\/worker\.js \(the policy of this page forbids it\); allow it in worker-src/ },
    'scripts from texts': { policy: `${TRUSTED}; trusted-types 'none'`, remedy: /add skillrouter to trusted-types/ },
  };
  for (const [what, { policy, remedy }] of Object.entries(CASES)) {
    test(`${what}: the remedy names the directive`, async ({ page }) => {
      const error = await failure(page, { 'content-security-policy': policy });
      expect(error).toEqual({ name: 'SkillRouterError', code: 'unavailable', message: expect.stringMatching(remedy) });
    });
  }

  test('markup, where a page allows no policy: the element says so itself', async ({ page }) => {
    await openPage(page, { headers: { 'content-security-policy': `${TRUSTED}; trusted-types 'none'` } });
    await expect(page.locator('skill-search')).toContainText('add skillrouter to trusted-types');
  });

  test('a worker of another origin needs blob:', async ({ page }) => {
    const { url } = await serve(CORS);
    const policy = `script-src 'self' ${url} ${EVAL}; worker-src 'self' ${url}`;
    const error = await failure(page, { 'content-security-policy': policy }, { index: `${url}index/`, models: `${url}models/` }, url);
    expect(error).toEqual({ name: 'SkillRouterError', code: 'unavailable', message: expect.stringMatching(/add blob: to worker-src/) });
  });

  test('an index of another origin that lets nobody read it', async ({ page }) => {
    const { url } = await serve();
    const error = await failure(page, {}, { index: `${url}index/` });
    const address = `${url}index/index.json`.replaceAll('.', '\\.');
    expect(error).toEqual({ name: 'SkillRouterError', code: 'unavailable', message: expect.stringMatching(new RegExp(`^${address} could not be fetched .*access-control-allow-origin`)) });
  });
});
