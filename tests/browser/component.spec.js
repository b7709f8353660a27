/**
 * `<skill-search>` in pages of other people: by keyboard, several in a page, with a router of the page, with hostile skills, from
 * right to left, and where there is no document at all.
 */

import { FAKE_ROUTES, expectNoViolations, giveRouter, openPage } from './component.js';
import { NO_RERANKER, expect, test } from './page.js';

const TASK = 'turn these receipts into a spreadsheet';
const ELEMENT = '<skill-search load="eager" reranker="none"></skill-search>';
const MODELS_MS = 30_000;

/** Notes the element's events in the page. */
async function noteEvents(page) {
  await page.evaluate(() => {
    window.heard = [];
    for (const name of ['progress', 'state', 'answer', 'choose']) {
      document.addEventListener(`skill-search-${name}`, ({ target, detail }) => window.heard.push({ name, id: target.id, detail }));
    }
  });
}

const heard = (page, name) => page.evaluate((name) => window.heard.filter((event) => event.name === name), name);

const expectReady = (element) => expect(element.locator('#state')).toHaveAttribute('data-state', 'ready', { timeout: MODELS_MS });

test('a question, a skill and back, by keyboard alone', async ({ page }) => {
  await openPage(page, ELEMENT);
  await expectReady(page.locator('skill-search'));
  await page.keyboard.press('Tab');
  const box = page.getByRole('combobox', { name: 'Describe the task' });
  await expect(box).toBeFocused();
  await page.keyboard.type(TASK);
  await expect(page.locator('#answer-stage')).toHaveAttribute('data-stage', 'retrieved');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('option', { selected: true })).toContainText('receipts-to-spreadsheet');
  await page.keyboard.press('Enter');
  const panel = page.getByRole('dialog', { name: 'receipts-to-spreadsheet' });
  await expect(panel.getByRole('heading', { level: 2 })).toBeFocused();
  await expect(panel).toContainText('ISO 4217');
  await expect(panel.locator('#panel-passage mark').first()).toHaveText(/receipt/i);
  await expect(panel).toContainText('Found by its words and its meaning.');
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  await expect(box).toBeFocused();
});

test('two elements share a router, and no question', async ({ page }) => {
  await openPage(page, `<skill-search id="one" load="eager" reranker="none" label="One" value="${TASK}"></skill-search>
    <skill-search id="two" load="eager" reranker="none" label="Two" value="scale a recipe to twelve guests"></skill-search>`);
  const [one, two] = [page.locator('#one'), page.locator('#two')];
  for (const element of [one, two]) await expectReady(element);
  await expect(one.getByRole('option').first()).toContainText('receipts-to-spreadsheet');
  await expect(two.getByRole('option').first()).toContainText('recipe-scaling');
  await expect(one.locator('#answer-stage')).toHaveText('by words and meaning');
  await expect(two.locator('#answer-stage')).toHaveText('by words and meaning');
  expect(page.workers()).toHaveLength(1);
  expect(await page.evaluate(() => document.getElementById('one').router === document.getElementById('two').router)).toBe(true);
  await expect(one.locator('kbd#hotkey')).toBeVisible();
  await expect(two.locator('kbd#hotkey')).toBeHidden();
  await page.keyboard.press('/');
  await expect(page.getByRole('combobox', { name: 'One' })).toBeFocused();
  await page.evaluate(() => document.getElementById('one').remove());
  await expect(two.locator('kbd#hotkey')).toBeVisible();
  await page.getByRole('combobox', { name: 'Two' }).fill('plan a wedding');
  await expect(two.getByRole('option').first()).toContainText('wedding'); // The router is open as long as somebody needs it.
  await page.evaluate(() => document.getElementById('two').remove());
  await expect.poll(() => page.workers().length).toBe(0);
});

test('an element that is moved keeps its router', async ({ page }) => {
  await openPage(page, `${ELEMENT}<div id="elsewhere"></div>`);
  await expectReady(page.locator('skill-search'));
  const is_same = await page.evaluate(async () => {
    const search = document.querySelector('skill-search');
    const { router } = search;
    document.getElementById('elsewhere').append(search);
    await new Promise((resolve) => setTimeout(resolve)); // The element looks in a task of its own whether it is still there, which comes before this one.
    return router !== null && search.router === router;
  });
  expect(is_same).toBe(true);
  expect(page.workers()).toHaveLength(1);
});

test('other attributes are another index', async ({ page }) => {
  await openPage(page, ELEMENT);
  const search = page.locator('skill-search');
  await expectReady(search);
  await page.evaluate(() => document.querySelector('skill-search').setAttribute('index', 'nowhere/'));
  await expect(search.locator('#state')).toHaveAttribute('data-state', 'failed');
  await expect(search.getByRole('alert')).toContainText('A file is missing on the server');
  expect(await page.evaluate(() => document.querySelector('skill-search').ready.catch(({ code }) => code))).toBe('not-found');
  await page.evaluate(() => document.querySelector('skill-search').setAttribute('index', 'index/'));
  await expectReady(search);
  await expect(search.getByRole('alert')).toBeHidden();
});

test('load="focus" downloads nothing before the focus', async ({ page, context }) => {
  const requests = [];
  context.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await openPage(page, '<skill-search load="focus" reranker="none"></skill-search>');
  await page.locator('skill-search').hover();
  await expect(page.locator('#state')).toHaveAttribute('data-state', 'idle');
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  expect(requests.filter((path) => /\/(index|models|pkg)\/|worker\.js/.test(path))).toEqual([]);
  await page.getByRole('combobox').focus();
  await expectReady(page.locator('skill-search'));
});

test('by default it loads when it comes into sight', async ({ page }) => {
  await openPage(page, '<div id="before"></div><skill-search reranker="none"></skill-search>');
  await expectReady(page.locator('skill-search'));
});

test('a router of the page is used, shared, and never closed; copies are one entry', async ({ page }) => {
  await openPage(page, '<skill-search></skill-search>');
  await giveRouter(page);
  expect(page.workers()).toHaveLength(0);
  await page.getByRole('combobox').fill(TASK);
  const options = page.getByRole('option');
  await expect(options).toHaveCount(5);
  await expect(page.locator('.name')).toHaveText(['receipts', 'ledger', 'receipts', 'pending', 'pending']);
  await expect(options.first()).toContainText('and 2 copies');
  await expect(options.nth(2)).not.toContainText('cop');
  await expect(page.getByRole('status')).toHaveText('5 skills, best: receipts');
  await options.first().click();
  const panel = page.getByRole('dialog', { name: 'receipts' });
  await expect(panel.locator('#panel-copy-list li')).toHaveText(['second/catalogue', 'third/catalogue']);
  await expect(panel.locator('#panel-passage')).toHaveText(/^Photograph every receipt flat/);
  await expect(panel.locator('mark')).toHaveText(['receipt', 'turn', 'spreadsheet', 'receipt']);
  await page.evaluate(() => {
    document.querySelector('skill-search').remove();
    return new Promise((resolve) => setTimeout(resolve)); // The element lets go in a task of its own, which comes before this one.
  });
  expect(await page.evaluate(() => window.n_closed)).toBeUndefined();
});

test('risk notes say what and where, as facts', async ({ page }) => {
  await openPage(page, '<skill-search></skill-search>');
  const risk = { rule: 'remote-code', category: 'supply-chain', title: 'downloads and runs remote code', line: 12, count: 3 };
  const risks = [risk, { ...risk, rule: 'broad-tools', category: 'hygiene', title: 'is allowed every tool', line: 0, count: 1 }];
  const [first, second] = [{ skill_idx: 0, name: 'set-up', description: 'Sets up.', score: 1, risks }, { skill_idx: 1, name: 'quiet', score: 0.5, risks: [] }];
  await giveRouter(page, { routes: [first, second] });
  await page.getByRole('combobox').fill('set up');
  await page.getByRole('option').first().click();
  const notes = page.getByRole('dialog').locator('#panel-risk-list li');
  await expect(notes).toHaveText(['Downloads and runs remote code (line 12 and 2 more)', 'Is allowed every tool (front matter)']);
  await page.getByRole('option').nth(1).click();
  await expect(page.getByRole('dialog', { name: 'quiet' })).toBeVisible();
  await expect(page.locator('#panel-risks')).toBeHidden();
});

test('events tell of progress, states, answers and choices; a choice can be kept from the panel', async ({ page }) => {
  await openPage(page, '<skill-search id="search" load="focus" reranker="none"></skill-search>');
  await noteEvents(page);
  await page.evaluate((task) => document.querySelector('skill-search').ask(task), TASK);
  await expectReady(page.locator('skill-search'));
  await expect.poll(async () => (await heard(page, 'answer')).at(-1)?.detail.settled).toBe(true);
  const states = (await heard(page, 'state')).map(({ detail }) => detail.state);
  expect(states.filter((state, i) => state !== states[i - 1])).toEqual(['loading', 'words', 'ready']);
  expect((await heard(page, 'progress')).at(-1).detail).toMatchObject({ loaded_bytes: expect.any(Number), total_bytes: expect.any(Number) });
  const answers = (await heard(page, 'answer')).map(({ detail }) => detail);
  expect(answers.at(-1)).toMatchObject({ query: TASK, answer: { stage: 'retrieved' } });
  expect(answers.filter(({ settled }) => settled)).toHaveLength(1);
  expect(await page.evaluate(() => document.querySelector('skill-search').answer.routes[0].name)).toBe('receipts-to-spreadsheet');
  await page.evaluate(() => document.addEventListener('skill-search-choose', (event) => event.preventDefault(), { once: true }));
  await page.getByRole('option').first().click();
  await expect(page.getByRole('dialog')).toBeHidden();
  expect((await heard(page, 'choose')).map(({ id, detail }) => [id, detail.query, detail.route.name])).toEqual([['search', TASK, 'receipts-to-spreadsheet']]);
  await page.evaluate(() => document.querySelector('skill-search').setAttribute('panel', 'none'));
  await page.getByRole('option').nth(1).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.evaluate(() => document.querySelector('skill-search').removeAttribute('panel'));
  await page.getByRole('option').nth(1).click();
  await expect(page.getByRole('dialog')).toBeVisible();
});

test('no request after the question', async ({ page, context }) => {
  await openPage(page, ELEMENT);
  await expectReady(page.locator('skill-search'));
  // Cards and bodies are fetched ahead, and last the map; the user's own skills are looked for.
  const routerOf = () => document.querySelector('skill-search').router;
  await expect.poll(() => page.evaluate(`(${routerOf})().cached().then((files) => files.some(({ url }) => url.includes('/map-')))`)).toBe(true);
  await page.evaluate(`(${routerOf})().own().then(() => {})`);
  const requests = [];
  context.on('request', (request) => requests.push(request.url()));
  await page.getByRole('combobox').fill(TASK);
  await expect(page.locator('#answer-stage')).toHaveText('by words and meaning');
  await page.getByRole('option').first().click();
  await expect(page.locator('#panel-body h3').first()).toBeVisible();
  expect(requests.filter((url) => !url.includes('/pkg/vendor/'))).toEqual([]);
});

test('descriptions that come later fill the list and the open panel', async ({ page, site }) => {
  const held = [];
  site.route('**/cards-*', (exchange) => void held.push(exchange));
  await openPage(page, ELEMENT);
  await noteEvents(page);
  await expectReady(page.locator('skill-search'));
  await page.getByRole('combobox').fill(TASK);
  const stage = page.locator('#answer-stage');
  await expect(stage).toHaveText('by words and meaning; descriptions are on their way');
  const first = page.getByRole('option').first();
  await expect(first.locator('.name')).toHaveText('receipts-to-spreadsheet');
  await expect(first.locator('.description')).toBeEmpty();
  await first.click();
  await expect(page.locator('#panel-body h3').first()).toBeVisible();
  await expect(page.locator('#panel-description')).toBeEmpty();
  held.forEach((exchange) => exchange.continue());
  await expect(page.locator('#panel-description')).toContainText('receipts');
  await expect(page.locator('#panel-facts')).toContainText('Apache-2.0');
  await expect(first.locator('.description')).toContainText('receipts');
  await expect(stage).toHaveText('by words and meaning');
  const answers = await heard(page, 'answer');
  const { query, settled, answer } = answers.at(-1).detail;
  expect([query, settled, answer.routes[0].name, answer.descriptions]).toEqual([TASK, true, 'receipts-to-spreadsheet', undefined]);
});

test('descriptions that come while the list is re-ranked do not bring the old order back', async ({ page, site }) => {
  const held = [];
  site.route('**/cards-*', (exchange) => void held.push(exchange));
  await openPage(page, '<skill-search load="eager"></skill-search>');
  await noteEvents(page);
  await page.getByRole('combobox').fill(TASK);
  await expect(page.locator('#answer-stage')).toHaveText('by words and meaning; descriptions are on their way', { timeout: MODELS_MS });
  held.forEach((exchange) => exchange.continue());
  await expect(page.locator('#answer-stage')).toHaveText(/^re-ranked (\d+) of \1$/, { timeout: MODELS_MS });
  const stages = (await heard(page, 'answer')).map(({ detail }) => detail.answer.stage);
  expect(stages.slice(stages.indexOf('reranked'))).not.toContain('retrieved');
});

test('prefetch="none": nothing is fetched ahead, and the element says what its host can learn', async ({ page, site }) => {
  const requests = site.watch(/\/index\/(cards|bodies|map)-/);
  await openPage(page, `${ELEMENT.replace('load', 'id="one" prefetch="none" load')}${ELEMENT.replace('load', 'id="two" label="Two" load')}`);
  const note = 'its host can learn what you look for';
  await expectReady(page.locator('#one'));
  await expect(page.locator('#one #privacy')).toContainText(note);
  await expectReady(page.locator('#two'));
  await expect(page.locator('#two #on-demand')).toBeHidden();
  await page.evaluate(() => document.getElementById('two').remove());
  await expect.poll(() => requests.length).toBeGreaterThan(0);
  expect(await page.locator('#one').evaluate(({ router }) => router.about().prefetch)).toBe('none');
});

test('children are shown until something is asked', async ({ page }) => {
  await openPage(page, '<skill-search><p>Ask me</p></skill-search>');
  await giveRouter(page);
  await expect(page.getByText('Ask me')).toBeVisible();
  await page.getByRole('combobox').fill(TASK);
  await expect(page.getByText('Ask me')).toBeHidden();
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(page.getByText('Ask me')).toBeVisible();
  await expect(page.getByRole('option')).toHaveCount(0);
});

test('colours are those of the page where it says so, and nothing of the element\'s style leaves it', async ({ page }) => {
  await openPage(page, `<button class="quiet" hidden>A button of the page</button><p class="note">Text of the page</p>${ELEMENT}`);
  await giveRouter(page);
  const look = (selector, property) => page.locator(selector).evaluate((element, property) => getComputedStyle(element)[property], property);
  const before = await look('p.note', 'color');
  await page.getByRole('combobox').fill(TASK);
  expect(await look('#clear', 'color')).toBe('rgb(15, 107, 92)');
  await page.evaluate(() => document.querySelector('skill-search').style.setProperty('--skill-search-accent', 'rgb(120, 0, 120)'));
  expect(await look('#clear', 'color')).toBe('rgb(120, 0, 120)');
  expect(await look('p.note', 'color')).toBe(before);
  for (const part of ['field', 'input', 'status', 'list', 'option', 'name', 'description', 'fit', 'panel']) {
    expect(await page.locator(`[part=${part}]`).count(), part).toBeGreaterThan(0);
  }
});

const EVIL = '<img src=x onerror="window.harmed = 1"><script>window.harmed = 2</script>';
const HOSTILE_BODIES = {
  'scripts and links': `# ${EVIL}\n\n${EVIL}\n\n[a](javascript:window.harmed=3) ![b](https://evil.example/pixel.png) <a href="https://evil.example">c</a> receipts`,
  'direction overrides': 'Run receipts \u202ehs.live | lruc\u202c now, and \u202dnothing\u202c else.',
  'one line of 200 KB': 'receipts *and* `spreadsheets` '.repeat(7000),
  'quotations in quotations': `${'> '.repeat(5000)}receipts`,
  'lists in lists': Array.from({ length: 1500 }, (_, i) => `${' '.repeat(2 * i)}- receipts`).join('\n'),
  'emphasis that never ends': `${'*a **b _c ~~d '.repeat(12_000)}`,
  'brackets that never end': `${'[![['.repeat(40_000)}](`,
  'backticks of all lengths': Array.from({ length: 500 }, (_, i) => `${'`'.repeat(i + 1)} x`).join(' '),
  'a table of many columns': `|${'a|'.repeat(20_000)}\n|${'-|'.repeat(20_000)}\n`,
  'spaces and pipes': `[a](${' '.repeat(60_000)}x ${'|'.repeat(60_000)}`,
};

for (const [what, body] of Object.entries(HOSTILE_BODIES)) {
  test(`a hostile skill does no harm: ${what}`, async ({ page, context }) => {
    await openPage(page, '<skill-search></skill-search>');
    const route = { skill_idx: 0, name: `${EVIL}\u202eevil`, description: EVIL, score: 1, source: 'javascript:alert(1)', license: EVIL, lexical_rank: 1 };
    await giveRouter(page, { routes: [route], body });
    const requests = [];
    context.on('request', (request) => requests.push(request.url()));
    await page.getByRole('combobox').fill('receipts in spreadsheets');
    await expect(page.getByRole('option')).toContainText('<img src=x');
    const started = Date.now();
    await page.getByRole('option').click();
    await expect(page.locator('#panel-body')).not.toHaveText(/^Loading/);
    expect(Date.now() - started).toBeLessThan(10_000);
    await expect(page.locator('#panel-body')).not.toBeEmpty();
    const inside = page.locator('skill-search').locator('#results, #panel');
    await expect(inside.locator('img, script, a, iframe, [href], [src], [onerror]')).toHaveCount(0);
    expect(await page.locator('skill-search').evaluate(({ shadowRoot }) => /[\u202d\u202e]/.test(shadowRoot.textContent))).toBe(false);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
    expect(await page.evaluate(() => window.harmed)).toBeUndefined();
    expect(requests.filter((url) => !url.includes('/pkg/vendor/'))).toEqual([]);
  });
}

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    for (const [where, width] of [['beside', 1280], ['over the page', 390]]) {
      test(`accessible, with the panel shut and ${where}`, async ({ page }) => {
        await page.setViewportSize({ width, height: 800 });
        await openPage(page, '<skill-search><p>Ask me</p></skill-search>');
        await giveRouter(page, { fit: { p: 0.9, word: 'strong' } });
        await expectNoViolations(page);
        await page.getByRole('combobox').fill(TASK);
        await page.keyboard.press('ArrowDown');
        await expectNoViolations(page);
        await page.keyboard.press('Enter');
        await expect(page.locator('#panel-body h3')).toBeVisible();
        expect(await page.getByRole('dialog').evaluate((panel) => panel.matches(':modal'))).toBe(width < 900);
        await expectNoViolations(page);
      });
    }
  });
}

test('an open panel follows the width of the element', async ({ page }) => {
  await openPage(page, '<skill-search></skill-search>');
  await giveRouter(page);
  await page.getByRole('combobox').fill(TASK);
  await page.getByRole('option').first().click();
  const isModal = () => page.getByRole('dialog').evaluate((panel) => panel.matches(':modal'));
  expect(await isModal()).toBe(false);
  await page.setViewportSize({ width: 700, height: 800 });
  await expect.poll(isModal).toBe(true);
  await page.mouse.click(5, 400); // Beside it is the page that it covers.
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('combobox')).toBeFocused();
});

test('from right to left', async ({ page }) => {
  await openPage(page, '<skill-search label="ما الذي تريد إنجازه؟"></skill-search>', 'lang="ar" dir="rtl"');
  const arabic = { skill_idx: 1, name: 'إيصالات', description: 'يقرأ الإيصالات', score: 0.8, lexical_rank: 1 };
  await giveRouter(page, { routes: [{ ...FAKE_ROUTES[0], score: 0.9 }, arabic] });
  await page.getByRole('combobox').fill('إيصالات');
  await page.getByRole('option').first().click();
  const [field, clear, list, panel] = await Promise.all(['.field', '#clear', '#results', '#panel'].map((selector) => page.locator(selector).boundingBox()));
  expect(clear.x).toBeLessThan(field.x + field.width / 2); // What ends the line is on the left.
  expect(panel.x + panel.width).toBeLessThanOrEqual(list.x);
  const directions = await page.locator('.name').evaluateAll((names) => names.map((name) => getComputedStyle(name).direction));
  expect(directions).toEqual(['ltr', 'rtl']);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
});

test('can be imported where there is no document', async () => {
  const { SkillSearch } = await import('../../www/skill-search.js');
  expect(SkillSearch.name).toBe('SkillSearch');
});

test('the demo is the element', async ({ demo, page }) => {
  await demo.open('ready', NO_RERANKER);
  await expect(page.locator('skill-search')).toHaveAttribute('reranker', 'none');
  await demo.ask(TASK, 'retrieved');
  await demo.options.first().click();
  const [list, panel] = await Promise.all(['#results', '#panel'].map((selector) => page.locator(selector).boundingBox()));
  expect(panel.x).toBeGreaterThan(list.x + list.width);
});
