/**
 * A skill's text is anybody's: whatever it holds, nothing runs, nothing is fetched, and an address leads nowhere until asked.
 */

import { giveRouter, openPage } from './component.js';
import { expect, test } from './page.js';
import { patchEngine } from './tampering.js';

const HOSTILE = `# Harmless <script>window.harmed = 'title'</script>

<script>window.harmed = 'script'</script>
<img src="x" onerror="window.harmed = 'onerror'">
<svg onload="window.harmed = 'svg'"><style>body { display: none }</style></svg>
<iframe srcdoc="<script>parent.harmed = 'iframe'</script>"></iframe>
<form action="https://evil.example/"><input name="q"><button>Send</button></form>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.harmed=1&gt;">

[a link](javascript:window.harmed='link'), [another](https://evil.example/?q=1 "title"), <https://evil.example/auto>, https://evil.example/bare
[data](data:text/html;base64,PHNjcmlwdD4=) and ![a picture](https://evil.example/pixel.png "x") and ![x](x" onerror="window.harmed='alt')

\`\`\`html" onmouseover="window.harmed='code'
<script>window.harmed = 'fence'</script>
\`\`\`

| <img src=x onerror=window.harmed=1> | b |
|---|---|
| [c](javascript:window.harmed=2) | <b onclick="window.harmed=3">d</b> |

- [ ] open
- [x] done

Write the <NAME> of the file & "quotes".
`;

test('hostile Markdown does no harm', async ({ demo, page, context }) => {
  await demo.open();
  await demo.expectAllKept();
  await page.evaluate(() => import(new URL('elements/skill-search/markdown.js', document.baseURI).href)); // And what it imports.
  const requests = [];
  context.on('request', (request) => requests.push(request.url()));
  await page.evaluate(async (markdown) => {
    const { renderMarkdown } = await import(new URL('elements/skill-search/markdown.js', document.baseURI).href);
    const place = document.createElement('div');
    place.id = 'hostile';
    place.className = 'prose';
    place.append(await renderMarkdown(markdown));
    document.querySelector('main').append(place);
  }, HOSTILE);
  const place = page.locator('#hostile');
  await expect(place.getByText('Write the <NAME> of the file & "quotes".')).toBeVisible();
  await expect(place.locator('script, img, svg, iframe, form, input, button, style, math, object, embed, link, a, [href], [src]')).toHaveCount(0);
  const attributes = await place.evaluate((place) => [...place.querySelectorAll('*')].flatMap((element) => element.getAttributeNames()));
  expect(new Set(attributes)).toEqual(new Set(['class', 'tabindex', 'role', 'aria-label']));
  for (const element of await place.locator('*').all()) await element.dispatchEvent('mouseover');
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve))); // Whatever that set off has run.
  expect(await page.evaluate(() => window.harmed)).toBeUndefined();
  expect(requests.filter((url) => !url.includes('/pkg/vendor/'))).toEqual([]);
  await expect(place).toContainText('javascript:window.harmed=\'link\''); // The address is shown as the text that it is.
  await expect(place).toContainText('image: a picture (https://evil.example/pixel.png)');
  await expect(place).toContainText('☑ done');
});

test('hostile names and descriptions are text', async ({ demo, page, site }) => {
  patchEngine(site, `
    const { card } = Router.prototype;
    Router.prototype.card = function (skill_idx) {
      const found = card.call(this, skill_idx);
      return found && { ...found, description: '<img src=x onerror="window.harmed = 1">', source: 'javascript:alert(1)', license: '<b>MIT</b>' };
    };`, 'search');
  await demo.open();
  await demo.ask('plan a wedding');
  await expect(demo.options.first()).toContainText('<img src=x');
  await demo.options.first().click();
  await expect(demo.panel).toContainText('<b>MIT</b>');
  await expect(page.locator('#results img, #panel img, #panel a, #panel b')).toHaveCount(0);
  expect(await page.evaluate(() => window.harmed)).toBeUndefined();
});

/** What is said of an address, and what "Open" opens; null where that is not offered. */
const ADDRESSES = {
  'https://example.com/a?b=1#c': ['https://example.com/a?b=1#c', 'https://example.com/a?b=1#c', null],
  'http://example.com': ['http://example.com/', 'http://example.com/', 'not encrypted'],
  'HTTPS://EXAMPLE.COM:8443/': ['https://example.com:8443/', 'https://example.com:8443/', null],
  'https://google.com@evil.example/x': ['https://google.com@evil.example/x', 'https://google.com@evil.example/x', 'before the @ is not the host'],
  'https://\u0430pple.com/': ['https://xn--pple-43d.com/', 'https://xn--pple-43d.com/', 'may be taken for others'],
  'https://evil.example/\u202Egpj.exe': ['https://evil.example/%EF%BF%BDgpj.exe', 'https://evil.example/%EF%BF%BDgpj.exe', null],
  'javascript:window.harmed=1': ['javascript:window.harmed=1', null, 'begin with “javascript:” are not opened'],
  'JaVaScRiPt:window.harmed=1': ['JaVaScRiPt:window.harmed=1', null, 'begin with “javascript:” are not opened'],
  'data:text/html,<script>window.harmed=1</script>': ['data:text/html,<script>window.harmed=1</script>', null, 'begin with “data:” are not opened'],
  'vbscript:x': ['vbscript:x', null, 'begin with “vbscript:” are not opened'],
  'file:///etc/passwd': ['file:///etc/passwd', null, 'begin with “file:” are not opened'],
  'blob:https://example.com/1': ['blob:https://example.com/1', null, 'begin with “blob:” are not opened'],
  'references/guide.md': ['references/guide.md', null, 'not a complete address'],
  '//evil.example/x': ['//evil.example/x', null, 'not a complete address'],
};

test('addresses are inert until asked, and then said plainly; only some are opened, by a press', async ({ page, context }) => {
  await openPage(page, '<skill-search></skill-search>');
  const body = Object.keys(ADDRESSES).map((address) => `- [text](<${address.replace(/[<>]/g, (char) => `\\${char}`)}>)`).join('\n');
  await giveRouter(page, { routes: [{ skill_idx: 0, name: 'links', description: 'Links.', score: 1, source: 'javascript:window.harmed=1' }], body });
  await page.evaluate(() => {
    window.opened = [];
    window.open = (...parameters) => void window.opened.push(parameters);
  });
  const requests = [];
  await page.getByRole('combobox').fill('links');
  await page.getByRole('option').click();
  const buttons = page.locator('#panel-body button.address');
  await expect(buttons).toHaveCount(Object.keys(ADDRESSES).length);
  context.on('request', (request) => requests.push(request.url()));
  let n_opened = 0;
  for (const [i, [whole, opens, said]] of Object.values(ADDRESSES).entries()) {
    await buttons.nth(i).press('Enter');
    const box = page.locator('#panel-body .address-box');
    await expect(box.locator('.whole')).toHaveText(whole);
    if (said) await expect(box).toContainText(said);
    else await expect(box.locator('.warning')).toHaveCount(0);
    await expect(buttons.nth(i)).toHaveAttribute('aria-expanded', 'true');
    await expect(box.getByRole('button', { name: 'Copy address' })).toBeVisible();
    if (opens) {
      await box.getByRole('button', { name: 'Open in a new tab' }).click();
      expect(await page.evaluate(() => window.opened.at(-1))).toEqual([opens, '_blank', 'noopener,noreferrer']);
      n_opened++;
    }
    await expect(box.getByRole('button', { name: 'Open in a new tab' })).toHaveCount(opens ? 1 : 0);
    await buttons.nth(i).click();
    await expect(box).toHaveCount(0);
  }
  expect(await page.evaluate(() => window.opened.length)).toBe(n_opened);
  await page.locator('#panel-facts button.address').click();
  await expect(page.locator('#panel-facts .address-box')).toContainText('begin with “javascript:” are not opened');
  await expect(page.locator('#panel a, #panel [href]')).toHaveCount(0);
  expect(await page.evaluate(() => window.harmed)).toBeUndefined();
  expect(requests.filter((url) => !/\/skill-search\/\w+\.js$/.test(url))).toEqual([]);
});

test('an opened address is in a tab of its own, which knows nothing of the page', async ({ page, context }) => {
  await context.route('https://elsewhere.example/**', (route) => route.fulfill({ contentType: 'text/html', body: '<title>Elsewhere</title>' }));
  await openPage(page, '<skill-search></skill-search>');
  await giveRouter(page, { body: 'See <https://elsewhere.example/a>.' });
  await page.getByRole('combobox').fill('receipts');
  await page.getByRole('option').first().click();
  await page.locator('#panel-body button.address').click();
  const [tab] = await Promise.all([context.waitForEvent('page'), page.getByRole('button', { name: 'Open in a new tab' }).click()]);
  await expect(tab).toHaveTitle('Elsewhere');
  expect(await tab.evaluate(() => [window.opener, document.referrer])).toEqual([null, '']);
  expect(page.url()).toMatch(/component\.html$/);
});
