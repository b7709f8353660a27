/**
 * What one can do with the skills of an answer: hide those with risks, compare two, install one, ask where an address leads.
 */

import { readFile } from 'node:fs/promises';

import { expectNoViolations, FAKE_ROUTES, giveRouter, openPage } from './component.js';
import { expect, test } from './page.js';

const TASK = 'turn these receipts into a spreadsheet';

const risk = (category, title = 'does something') => ({ rule: 'a-rule', category, title, line: 1, count: 1 });
const RISKY_ROUTES = [
  { skill_idx: 0, name: 'loader', description: 'Loads.', score: 0.9, risks: [risk('supply-chain'), risk('hygiene')] },
  { skill_idx: 1, name: 'sender', description: 'Sends.', score: 0.8, risks: [risk('data-exfiltration'), risk('supply-chain')] },
  { skill_idx: 2, name: 'tidy', description: 'Tidies.', score: 0.7, risks: [risk('hygiene')] },
  { skill_idx: 3, name: 'pending', score: 0.6 },
];

/** Opens the page of a site with these skills, and asks. */
async function ask(page, { attributes = '', ...router } = {}) {
  await openPage(page, `<skill-search ${attributes}></skill-search>`);
  await giveRouter(page, router);
  await page.getByRole('combobox').fill(TASK);
  await expect(page.locator('#answer')).toHaveAttribute('aria-busy', 'false');
}

/** Opens the panel of the skill at this place. */
async function openSkill(page, position = 0) {
  await page.getByRole('option').nth(position).click();
  await expect(page.locator('#panel-body')).not.toHaveText(/^Loading/);
  return page.getByRole('dialog').first();
}

const names = (page) => page.locator('#results .name');

test.describe('risk notes', () => {
  test('hide skills, by keyboard, and say how many', async ({ page }) => {
    await ask(page, { routes: RISKY_ROUTES, fit: { p: 0.9, word: 'strong' } });
    await expect(page.locator('#results .fit:visible')).toHaveText('strong fit');
    await page.keyboard.press('Tab'); // To "Clear".
    await page.keyboard.press('Tab');
    const control = page.locator('#filter summary');
    await expect(control).toBeFocused();
    await expect(control).toHaveText('Risk notes');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await expect(page.getByRole('group', { name: 'Hide skills with notes on' }).getByRole('checkbox', { name: 'Data exfiltration 1' })).toBeFocused();
    await page.keyboard.press('Space');
    await expect(names(page)).toHaveText(['loader', 'tidy', 'pending']);
    await expect(control).toHaveText('Risk notes: 1 hidden');
    await expect(page.locator('#results .fit:visible')).toHaveText('strong fit');
    await page.getByRole('checkbox', { name: 'Supply chain 2' }).press('Space');
    await expect(names(page)).toHaveText(['tidy', 'pending']);
    await expect(page.locator('#results .fit:visible')).toHaveCount(0); // It was said of a skill that is not shown.
    await expect(page.getByRole('status')).toHaveText('2 skills, best: tidy, 2 hidden');
    await page.keyboard.press('Escape');
    await expect(control).toBeFocused();
    await expect(page.getByRole('checkbox')).toHaveCount(0);
    await expect(page.locator('skill-search')).toHaveAttribute('hide-risks', 'data-exfiltration supply-chain');
    await page.getByRole('combobox').fill('another question');
    await expect(page.locator('#filter summary')).toHaveText('Risk notes: 2 hidden'); // It is remembered.
  });

  test('that are all hidden leave no empty list, and one press brings them back', async ({ page }) => {
    await ask(page, { routes: RISKY_ROUTES.slice(0, 2), attributes: 'hide-risks="supply-chain unheard-of"' });
    await expect(page.locator('#filter-all-text')).toHaveText('All 2 skills that were found have risk notes that you hide.');
    await expect(page.getByRole('status')).toHaveText('All 2 skills that were found have risk notes that you hide.');
    await expect(page.getByRole('listbox')).toHaveCount(0);
    await expect(page.getByRole('combobox')).toHaveAttribute('aria-expanded', 'false');
    await expectNoViolations(page);
    await page.getByRole('button', { name: 'Show them' }).click();
    await expect(names(page)).toHaveText(['loader', 'sender']);
    await expect(page.locator('#filter summary')).toBeFocused();
    await expect(page.locator('#filter-all')).toBeHidden();
  });

  test('of hygiene hide nothing, and without others there is nothing to choose', async ({ page }) => {
    await ask(page, { routes: RISKY_ROUTES.slice(2), attributes: 'hide-risks="hygiene"' });
    await expect(names(page)).toHaveText(['tidy', 'pending']);
    await expect(page.locator('#filter')).toBeHidden();
  });

  test('are hidden at once, even from somebody who is in the list', async ({ page }) => {
    await ask(page, { routes: RISKY_ROUTES });
    await page.keyboard.press('ArrowDown');
    await page.evaluate(() => document.querySelector('skill-search').setAttribute('hide-risks', 'supply-chain'));
    await expect(names(page)).toHaveText(['tidy', 'pending']);
    await page.evaluate(() => document.querySelector('skill-search').removeAttribute('hide-risks'));
    await expect(names(page)).toHaveCount(4);
  });

  const GRAVE = [
    { ...risk('prompt-injection', 'tells the agent to keep something from the user'), rule: 'hide-from-user' },
    { ...risk('supply-chain', 'downloads and runs remote code'), rule: 'remote-code' },
  ];

  for (const word of ['strong', 'none', undefined]) {
    test(`that are grave are seen where one chooses, with ${word ?? 'no'} word on the fit`, async ({ page }) => {
      const routes = [GRAVE, GRAVE.slice(1), RISKY_ROUTES[0].risks, undefined].map((risks, skill_idx) => ({ ...FAKE_ROUTES[0], name: `skill-${skill_idx}`, skill_idx, risks }));
      await ask(page, { routes, fit: word && { p: 0.5, word } });
      const marks = page.locator('#results .risk');
      await expect(marks).toHaveText(['Risk note: Tells the agent to keep something from the user, and 1 more', 'Risk note: Downloads and runs remote code']);
      await expect(marks.first()).toHaveAttribute('title', GRAVE.map(({ title }) => title).join('; '));
      const colours = await marks.evaluateAll((marks) => marks.map((mark) => getComputedStyle(mark).color));
      expect(colours).toEqual(['rgb(163, 42, 29)', 'rgb(163, 42, 29)']);
      await page.setViewportSize({ width: 320, height: 800 });
      const cut = await marks.evaluateAll((marks) => marks.map((mark) => mark.scrollWidth - mark.clientWidth + Math.max(0, mark.getBoundingClientRect().right - 320)));
      expect(cut).toEqual([0, 0]);
      await expectNoViolations(page);
    });
  }

  test('come before the offer to install', async ({ page }) => {
    await ask(page, { routes: [{ ...FAKE_ROUTES[0], risks: GRAVE }] });
    const panel = await openSkill(page);
    const [notes, install] = await Promise.all(['#panel-risks', '#panel-install'].map((id) => panel.locator(id).boundingBox()));
    expect(notes.y + notes.height).toBeLessThanOrEqual(install.y);
    await expect(panel.locator('#panel-risk-list .grave')).toHaveCount(2);
    await expect(panel.locator(':is(#panel-risks, #panel-install)').first()).toHaveId('panel-risks'); // So it is for who listens.
  });

  test('move nothing in the list when the control comes', async ({ page }) => {
    const tops = [];
    for (const routes of [RISKY_ROUTES.slice(2), RISKY_ROUTES.slice(1)]) {
      await ask(page, { routes });
      const sizes = {};
      for (const width of [320, 480, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        sizes[width] = await page.getByRole('listbox').evaluate((list) => list.offsetTop);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
      }
      tops.push(sizes);
    }
    expect(tops[1]).toEqual(tops[0]);
  });
});

test('marks of a skill are on its card and in the panel', async ({ page }) => {
  const risks = [{ ...risk('supply-chain', 'downloads and runs remote code'), file: 'scripts/set-up.sh', line: 3 }];
  const marked = { skill_idx: 0, name: 'old-rent', description: 'Pays the rent.', score: 0.9, marks: ['manual', 'deprecated'], superseded_by: 'pay-rent', risks };
  await ask(page, { routes: [marked, RISKY_ROUTES[2]] });
  const first = page.getByRole('option').first();
  await expect(first).toContainText('Started by people');
  await expect(first).toContainText('Deprecated');
  await expect(page.getByRole('option').nth(1)).not.toContainText('Deprecated');
  const panel = await openSkill(page);
  await expect(panel.locator('#panel-facts')).toContainText('Only a person may start it. It should not be used any more; use pay-rent instead');
  await expect(panel.locator('#panel-risk-list li')).toHaveText(['Downloads and runs remote code (scripts/set-up.sh, line 3)']);
});

const STEPS = Array.from({ length: 30 }, (_, i) => `${i + 1}. Step ${i + 1} of the way`);
const FIRST = ['# Receipts', '', 'Read the date and the total.', ...STEPS, 'Only here.'].join('\n');
const SECOND = ['# Receipts', '', 'Read the date and the sum.', ...STEPS].join('\n');

test.describe('comparing', () => {
  const compared = { bodies: { 7: FIRST, 9: FIRST, 4: SECOND } };

  test('two skills, by keyboard: what differs is marked, and the way back is known', async ({ page }) => {
    await ask(page, compared);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const panel = page.getByRole('dialog', { name: 'receipts' });
    await expect(panel.locator('#panel-body h3')).toBeVisible();
    await page.locator('#panel-compare summary').press('Enter');
    const offered = page.locator('#panel-compare-content li');
    // Copies, then what is most like it.
    await expect(offered).toHaveText([/^receipts\s+second/, /^receipts\s+third/, /^receipts/, /^ledger/, /^pending/, /^pending/]);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    const third = offered.nth(2).getByRole('button');
    await expect(third).toBeFocused();
    await page.keyboard.press('Enter');
    const view = page.getByRole('dialog', { name: 'Two skills compared' });
    await expect(view.getByRole('heading', { level: 2 })).toBeFocused();
    await expect(view.locator('#compare-summary')).toHaveText('2 lines only in the first, 1 line only in the second, 32 the same.');
    await expect(view.locator('#compare-facts ins').first()).toHaveText('+only in the second: of another kind');
    await expect(view.locator('#compare-lines del')).toHaveText(['−only in the first: total', '−only in the first: Only here.']);
    await expect(view.locator('#compare-lines ins')).toHaveText(['+only in the second: sum']);
    await expect(view.getByRole('rowheader')).toHaveText(['Description', 'Source', 'Licence']);
    const folded = view.getByRole('button', { name: 'Show 24 lines that are the same' });
    await folded.press('Enter');
    await expect(folded).toHaveCount(0);
    await expect(view.getByText('15. Step 15 of the way').first()).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(view).toBeHidden();
    await expect(third).toBeFocused();
    await expect(panel).toBeVisible();
  });

  test('copies are the same, line by line', async ({ page }) => {
    await ask(page, compared);
    await openSkill(page);
    await page.locator('#panel-compare summary').click();
    await page.locator('#panel-compare-content button').first().click();
    await expect(page.locator('#compare-summary')).toHaveText('They are the same, line by line.');
    await expect(page.locator('#compare-lines :is(ins, del)')).toHaveCount(0);
    await page.getByRole('button', { name: 'Close comparison' }).click();
    await expect(page.locator('#compare')).toBeHidden();
  });

  test('on a narrow screen is one column, over the panel, and the key for a new question leaves both', async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 800 });
    await ask(page, compared);
    await openSkill(page);
    await page.locator('#panel-compare summary').click();
    await page.locator('#panel-compare-content button').nth(2).click();
    const changed = page.locator('#compare-lines tr').filter({ hasText: 'Read the date' });
    await expect(changed.locator('td')).toHaveCount(2);
    const [left, right] = await Promise.all([0, 1].map((i) => changed.locator('td').nth(i).boundingBox()));
    expect(right.y).toBeGreaterThanOrEqual(left.y + left.height);
    await expect(page.locator('#compare-lines .twin').first()).toBeHidden(); // What is the same stands once.
    expect(await page.locator('#compare').evaluate((view) => view.scrollWidth - view.clientWidth)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 800 });
    await expect(page.getByRole('dialog', { name: 'Two skills compared' })).toBeVisible();
    await page.keyboard.press('/');
    await expect(page.getByRole('combobox')).toBeFocused();
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });

  const lines = (n, line) => Array.from({ length: n }, (_, i) => line(i)).join('\n');
  const HUGE = {
    'nothing in common': [lines(5000, (i) => `a ${i}`), lines(5000, (i) => `b ${i}`), /differ so much.*long, so only their beginnings/],
    'one line of a megabyte': [
      'receipts '.repeat(120_000), 'ledgers '.repeat(120_000), /1 line only in the first, 1 line only in the second, 0 the same.*only their beginnings/,
    ],
    'markup': ['<img src=x onerror="window.harmed = 1">\u202e', '<script>window.harmed = 2</script>', /^1 line only in the first/],
    'no instructions': [null, 'Text.', /does not hold the instructions of both/],
  };

  for (const [what, [first, second, expected]] of Object.entries(HUGE)) {
    test(`hostile instructions are compared as text, and within bounds: ${what}`, async ({ page }) => {
      await ask(page, { bodies: { 7: first, 4: second } });
      await openSkill(page);
      await page.locator('#panel-compare summary').click();
      const started = Date.now();
      await page.locator('#panel-compare-content button').nth(2).click();
      await expect(page.locator('#compare-summary')).toHaveText(expected);
      expect(Date.now() - started).toBeLessThan(10_000);
      await expect(page.locator('#compare').locator('img, script, a')).toHaveCount(0);
      expect(await page.locator('#compare').evaluate((view) => /[\u202d\u202e]/.test(view.textContent))).toBe(false);
      expect(await page.evaluate(() => window.harmed)).toBeUndefined();
    });
  }

  for (const [what, expected] of [['another skill', 'There is no other skill in this answer.'], ['its code', /^This is not here: /]]) {
    test(`without ${what} says so`, async ({ page, site }) => {
      if (what === 'its code') site.route('**/skill-search/compare.js', (route) => route.abort());
      await ask(page, { routes: FAKE_ROUTES.slice(0, 1) });
      await openSkill(page);
      await page.locator('#panel-compare summary').click();
      await expect(page.locator('#panel-compare-content')).toHaveText(expected);
    });
  }
});

/** Names that a shell, a path or an option would take for something else. */
const HOSTILE_NAMES = [
  '$(touch /tmp/harmed)', '`id`', 'a; rm -rf ~', 'a && b', 'a|b', "a'b", 'a"b', 'a b', 'a\nb', 'a\\b', '../../.ssh/x', '..', '.', '-rf', '--global', 'a/b', '~root',
  '*', 'a>b', 'a#b', '!!', 'é', 'a\u202eb', 'a\u0000b', 'x'.repeat(65), '', 'a\u200b', 'a..b', '.hidden',
];
const HOSTILE_SOURCES = [
  '$(id)/x', 'a/b; id', "a/b'", 'a/b c', '-x/y', '--help', 'a/..', 'a/.', '../b',
  'https://github.com.evil.example/a/b', 'https://evil.example/github.com/a/b',
  'http://github.com/a/b', 'javascript:a/b', 'https://github.com/a',
  'https://github.com/a/b`id`', 'a/b\n', 'a//b', 'a/b/c', 'https://github.com/$(id)/b', 'https://x@github.com/a/b',
];

test.describe('installing', () => {
  const commands = (page) => page.locator('#panel-install-content code');
  const openInstall = async (page, route, router = {}) => {
    await ask(page, { routes: [{ ...FAKE_ROUTES[0], ...route }], ...router });
    await openSkill(page);
    await page.locator('#panel-install summary').click();
    await expect(page.locator('#panel-install-content')).not.toHaveText('Loading…');
  };

  test('offers file and commands for the agent of one\'s choice, which is remembered', async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await openInstall(page, {});
    await expect(commands(page)).toHaveText([
      'mkdir -p ~/.claude/skills/receipts && mv ~/Downloads/receipts-SKILL.md ~/.claude/skills/receipts/SKILL.md',
      'npx skills add first/catalogue --skill receipts --agent claude-code --global',
    ]);
    await page.getByRole('combobox', { name: 'Agent' }).selectOption('GitHub Copilot');
    await page.getByRole('combobox', { name: 'For' }).selectOption('the project that I am in');
    const expected = [
      'mkdir -p .github/skills/receipts && mv ~/Downloads/receipts-SKILL.md .github/skills/receipts/SKILL.md',
      'npx skills add first/catalogue --skill receipts --agent github-copilot',
    ];
    await expect(commands(page)).toHaveText(expected);
    await page.getByRole('button', { name: 'Copy command' }).nth(1).click();
    await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(expected[1]);
    await openInstall(page, { source: 'https://github.com/other/skills.git/tree/main/x' });
    await expect(commands(page)).toHaveText([expected[0], 'npx skills add other/skills --skill receipts --agent github-copilot']);
    await page.evaluate(() => localStorage.setItem('skillrouter-install', '{"agent":"$(id)","scope":"toString"}'));
    await openInstall(page, { source: 'A shelf' });
    await expect(commands(page)).toHaveText([/^mkdir -p ~\/\.claude\/skills\/receipts && /]); // No installer knows the shelf.
  });

  test('saves a SKILL.md whose front matter says what the card says', async ({ page }) => {
    const route = { description: 'Says "yes": no\n---\n# not a comment \u0085\u2028', license: '- [x]: &a *b' };
    await openInstall(page, route, { body: '# Body\n\nText.' });
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save SKILL.md' }).click()]);
    expect(download.suggestedFilename()).toBe('receipts-SKILL.md');
    expect(await readFile(await download.path(), 'utf8')).toBe(
      '---\nname: "receipts"\ndescription: "Says \\"yes\\": no\\n---\\n# not a comment \\u0085\\u2028"\nlicense: "- [x]: &a *b"\n---\n\n# Body\n\nText.',
    );
  });

  test('without instructions leaves the installer, or says where they are', async ({ page }) => {
    await openInstall(page, {}, { body: null });
    await expect(page.getByRole('button', { name: 'Save SKILL.md' })).toHaveCount(0);
    await expect(commands(page)).toHaveText([/^npx skills add first\/catalogue /]);
    await openInstall(page, { source: 'receipts/mine', own: true }, { body: null });
    await expect(commands(page)).toHaveCount(0); // A visitor's folder is not a repository.
    await expect(page.locator('#panel-install-content')).toContainText('its source has them');
  });

  test('a name that is not plain gets no command, but its file', async ({ page }) => {
    await openInstall(page, { name: 'a; rm -rf ~' });
    await expect(commands(page)).toHaveCount(0);
    await expect(page.locator('#panel-install-content')).toContainText('There is no command for this skill: its name has more than');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save SKILL.md' }).click()]);
    expect(download.suggestedFilename()).toBe('SKILL.md');
  });

  test('hostile names and sources never get into a command', async () => {
    const { isPlainName, repositoryOf, savedName } = await import('../../www/elements/skill-search/agents.js');
    expect(HOSTILE_NAMES.filter(isPlainName)).toEqual([]);
    expect(new Set(HOSTILE_NAMES.map(savedName))).toEqual(new Set(['SKILL.md']));
    expect(['pdf', 'PDF_forms', 'a.b-c_d9', 'x'.repeat(64)].filter(isPlainName)).toHaveLength(4);
    expect(HOSTILE_SOURCES.map((source) => repositoryOf({ source })).filter(Boolean)).toEqual([]);
    expect(repositoryOf({ source: 'https://github.com/a-b/c.d/tree/main/$(id)' })).toBe('a-b/c.d'); // What follows is left out.
    expect(repositoryOf({})).toBeNull();
    const started = Date.now();
    for (const text of ['a-', 'a.', '_', '-', 'a/']) repositoryOf({ source: `${text.repeat(100_000)}!` });
    expect(Date.now() - started).toBeLessThan(1000);
  });
});

test('skills of one\'s own are marked', async ({ page }) => {
  await ask(page, { routes: [{ ...FAKE_ROUTES[0], own: true, source: 'javascript:mine' }, FAKE_ROUTES[1]] });
  await expect(page.getByRole('option', { name: /yours\s*, kept on this device/ })).toHaveCount(1);
  const panel = await openSkill(page);
  await expect(panel.locator('#panel-facts')).toContainText('Yours, fromjavascript:mine');
  await expect(panel.locator('#panel-facts button')).toHaveCount(0);
});

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    for (const width of [1280, 390]) {
      test(`accessible with everything open, ${width} px wide`, async ({ page }) => {
        await page.setViewportSize({ width, height: 800 });
        const source = 'https://xn--pple-43d.com/a';
        const routes = [{ ...FAKE_ROUTES[0], source, risks: RISKY_ROUTES[1].risks }, { ...FAKE_ROUTES[1], own: true }];
        await ask(page, { routes, bodies: { 7: `${FIRST}\n\n[x](http://a@b.example)`, 3: SECOND } });
        await page.locator('#filter summary').click();
        await expectNoViolations(page);
        await page.keyboard.press('Escape');
        await openSkill(page);
        for (const button of await page.locator('button.address').all()) await button.click();
        await expect(page.locator('.address-box')).toHaveCount(2);
        await page.locator('#panel-install summary').click();
        await expect(page.getByRole('combobox', { name: 'Agent' })).toBeVisible();
        await expectNoViolations(page);
        await page.locator('#panel-compare summary').click();
        await expect(page.locator('#panel-install')).not.toHaveAttribute('open'); // One of the two is open.
        await expectNoViolations(page);
        await page.locator('#panel-compare-content button').click();
        await expect(page.locator('#compare-summary')).toContainText('only in the first');
        await expectNoViolations(page);
      });
    }
  });
}
