/**
 * A skill's text is anybody's: whatever it holds, nothing runs, nothing is fetched, nothing can be clicked.
 */

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
  const requests = [];
  context.on('request', (request) => requests.push(request.url()));
  await page.evaluate(async (markdown) => {
    const { renderMarkdown } = await import(new URL('markdown.js', document.baseURI).href);
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
  await page.waitForTimeout(300);
  expect(await page.evaluate(() => window.harmed)).toBeUndefined();
  expect(requests.filter((url) => !url.includes('/pkg/vendor/') && !url.endsWith('/markdown.js'))).toEqual([]);
  await expect(place).toContainText('javascript:window.harmed=\'link\''); // The address is shown as the text that it is.
  await expect(place).toContainText('image: a picture (https://evil.example/pixel.png)');
  await expect(place).toContainText('☑ done');
});

test('hostile names and descriptions are text', async ({ demo, page, context }) => {
  await patchEngine(context, `
    const { card } = Router.prototype;
    Router.prototype.card = function (skill_idx) {
      const found = card.call(this, skill_idx);
      return found && { ...found, description: '<img src=x onerror="window.harmed = 1">', source: 'javascript:alert(1)', license: '<b>MIT</b>' };
    };`);
  await demo.open();
  await demo.ask('plan a wedding');
  await expect(demo.options.first()).toContainText('<img src=x');
  await demo.options.first().click();
  await expect(demo.panel).toContainText('<b>MIT</b>');
  await expect(page.locator('#results img, #panel img, #panel a, #panel b')).toHaveCount(0);
  expect(await page.evaluate(() => window.harmed)).toBeUndefined();
});
