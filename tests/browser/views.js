/**
 * The views of the site that are drawn for somebody to look at: what is opened, and what is done until a view is there.
 */

import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Demo, expect as expectSoon, tasksOf } from './page.js';
import { serveSite } from './static-server.js';

/**
 * What is acted on: a page of its own browser context, the demo's parts by their meaning, and a server of its own.
 * @typedef {{ page: import('@playwright/test').Page, demo: Demo, server: Awaited<ReturnType<typeof serveSite>>, url: string, close: () => Promise<void> }} Stage
 *
 * `page`: what is opened; `act`: what is done until the view is there; `full`: the whole page, not just what a window shows.
 * @typedef {{ name: string, page: string, act: (stage: Stage) => Promise<void>, full?: boolean }} View
 */

const SKILLS = new URL('../../catalogues/starter/', import.meta.url);
/** The machine may have much else to do, and nothing is measured here. */
const expect = expectSoon.configure({ timeout: 180_000 });
const TASK = 'turn these receipts into a spreadsheet';
const FIRST = 'receipts-to-spreadsheet';
const SECOND = 'expense-policy-check';
const UNSERVED_TASK = 'sing me a lullaby about the moon';

/** What the rules say of no skill of the starter catalogue, by place in the answer. */
const RISKS = [
  [{ rule: 'remote-code', category: 'supply-chain', title: 'downloads and runs remote code', line: 3, count: 2 },
    { rule: 'no-license', category: 'hygiene', title: 'names no licence', line: 0, count: 1 }],
  [{ rule: 'sends-secrets', category: 'data-exfiltration', title: 'sends secrets to an address', line: 7, count: 1 }],
  [{ rule: 'remote-code', category: 'supply-chain', title: 'downloads and runs remote code', line: 12, count: 1 }],
];
/** Addresses, which no skill of the starter catalogue has. */
const WITH_ADDRESSES = `${instructionsOf(FIRST)}
## More

The columns are explained in [the guide](https://docs.example.com/receipts/columns?lang=en), rates are at http://rates.example.org@203.0.113.7/today, and
[questions](mailto:help@example.com) are welcome.
`;
/** As somebody else has it who took the first and went on from there. */
const FORK = instructionsOf(FIRST)
  .replace('Agree the category list first (meals, travel, lodging, office, fuel, other)', 'Take the categories of the chart of accounts')
  .replace('within 0.02', 'within 0.01')
  .replace(/^- Date not in the future.*\n/m, '')
  .replace('## Deliver', '## Approval\n\nAsk the person before anything is filed.\n\n## Deliver');

const OWN_SKILLS = {
  'brass/trombone-polish/SKILL.md': skillText('trombone-polish', 'Polishes the brass of old trombones until it shines.'),
  'brass/valve-oil/SKILL.md': skillText('valve-oil', 'Finds the right oil for the valves of trumpets and horns.'),
  'letters/letter-to-landlord/SKILL.md': skillText('letter-to-landlord', 'Writes a letter to a landlord about heating that does not work.'),
};
const BROKEN_SKILLS = {
  ...OWN_SKILLS,
  'drafts/empty/SKILL.md': '',
  'drafts/a folder with a long name that goes on and on/and another one inside/SKILL.md': Buffer.from([0x4d, 0x5a, 0, 1, 2, 3]),
  'large/SKILL.md': 'x'.repeat((4 << 20) + 1),
};

/** @param {import('@playwright/test').Browser} browser @param {View} view @param {import('@playwright/test').BrowserContextOptions} options @returns {Promise<Stage>} */
export async function openSite(browser, view, options) {
  const server = await serveSite();
  const context = await browser.newContext({ baseURL: server.url, ...options });
  const close = async () => {
    await context.close();
    await server.close();
  };
  try {
    const page = await context.newPage();
    await page.goto(view.page);
    return { page, demo: new Demo(page), server, url: server.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param {string} skill_id @returns {string} what its file says below the front matter */
function instructionsOf(skill_id) {
  return readFileSync(new URL(`${skill_id}/SKILL.md`, SKILLS), 'utf8').split(/^---$/m).slice(2).join('---').trim();
}

function skillText(name, description) {
  return `---\nname: ${name}\ndescription: ${description}\nlicense: MIT\n---\n\n# ${name}\n\nDo it with care.\n`;
}

async function answer({ demo }, task = TASK) {
  await demo.expectComplete();
  await demo.ask(task);
  await demo.expectReranked();
}

async function answerAndRead(stage, task = TASK) {
  await answer(stage, task);
  await readFirst(stage);
}

async function readFirst({ demo }) {
  await demo.options.first().click();
  await expect(demo.panel.locator('#panel-body > :not(.note)').first()).toBeVisible();
}

/** Lets the page's router say so of skills: risk notes by place in each answer, instructions by name. */
async function changeSkills({ page, demo }, { risks = [], bodies = {} }) {
  await demo.expectComplete();
  await page.locator('skill-search').evaluate(({ router }, { risks, bodies }) => {
    const names = new Map();
    const changed = (answer) => {
      for (const { skill_idx, name } of answer.routes) names.set(skill_idx, name);
      return { ...answer, routes: answer.routes.map((route, place) => ({ ...route, risks: risks[place] })) };
    };
    const route = router.route.bind(router);
    const body = router.body.bind(router);
    router.route = async (query, options) => changed(await route(query, { ...options, onStage: (answer) => options.onStage?.(changed(answer)) }));
    router.body = async (skill_idx) => bodies[names.get(skill_idx)] ?? body(skill_idx);
  }, { risks, bodies });
}

/** From the panel of the first skill. @param {string} other name of the skill to compare it with */
async function compareWith({ page }, other) {
  await page.locator('#panel-compare summary').click();
  await page.locator('#panel-compare-content').getByRole('button', { name: other }).click();
  await expect(page.locator('#compare-summary')).toHaveText(/the same/);
}

/** Chooses a folder of skills, and waits until what can be read of it is there. */
async function addSkills({ page, demo }, files) {
  const folder = mkdtempSync(join(tmpdir(), 'skillrouter-own-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'my-skills', path)), { recursive: true });
      writeFileSync(join(folder, 'my-skills', path), content);
    }
    await demo.expectComplete();
    await page.locator('own-skills #folder-input').setInputFiles(join(folder, 'my-skills'));
    await expect(page.locator('own-skills #outcomes')).toContainText('3 skills');
    await expect(page.locator('own-skills #work')).toBeHidden();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Where the window has only a part of the page. */
function scrollTo(locator) {
  return locator.evaluate((element) => element.scrollIntoView({ block: 'start' }));
}

async function expectToEvaluate({ page }) {
  await expect(page.locator('#state')).toHaveText('Ready');
}

async function runQueries({ page }) {
  await page.getByRole('button', { name: /^Run/ }).click();
  await expect(page.locator('main > [role=status]')).toHaveText(/finished/);
}

/** @type {View[]} */
export const SITE_VIEWS = [
  { name: 'empty', page: 'index.html', act: ({ demo }) => demo.expectComplete() },
  {
    name: 'answer-by-words',
    page: 'index.html',
    async act({ page, demo }) {
      await page.route('**/weights-*', () => {}); // The model does not come.
      await page.reload();
      await demo.expectState('words');
      await demo.ask(TASK, 'lexical');
      await expect(page.locator('#loading')).toBeVisible();
    },
  },
  { name: 'reranked', page: 'index.html', act: (stage) => answer(stage) },
  { name: 'reranked-with-panel', page: 'index.html', act: (stage) => answerAndRead(stage) },
  {
    name: 'nothing-fits',
    page: 'index.html',
    async act(stage) {
      await answer(stage, UNSERVED_TASK);
      await expect(stage.demo.title).toHaveText(/^Nothing here seems to fit/);
    },
  },
  {
    name: 'risk-notes',
    page: 'index.html',
    async act(stage) {
      await changeSkills(stage, { risks: RISKS });
      await answerAndRead(stage);
      await stage.demo.panel.locator('#panel-risks').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'risk-filter',
    page: 'index.html',
    async act(stage) {
      await changeSkills(stage, { risks: RISKS });
      await answer(stage);
      await stage.page.locator('#filter summary').click();
      await stage.page.getByRole('checkbox', { name: /^Supply chain/ }).check();
      await expect(stage.page.locator('#filter summary')).toHaveText('Risk notes: 2 hidden');
    },
  },
  {
    name: 'all-hidden',
    page: 'index.html',
    async act(stage) {
      await changeSkills(stage, { risks: Array(10).fill(RISKS[1]) });
      await answer(stage);
      await stage.page.locator('skill-search').evaluate((search) => search.setAttribute('hide-risks', 'data-exfiltration'));
      await expect(stage.page.locator('#filter-all')).toBeVisible();
    },
  },
  {
    name: 'install',
    page: 'index.html',
    async act(stage) {
      await answerAndRead(stage);
      await stage.page.locator('#panel-install summary').click();
      await expect(stage.page.locator('#panel-install-content code').first()).toBeVisible();
    },
  },
  {
    name: 'compare-offer',
    page: 'index.html',
    async act(stage) {
      await answerAndRead(stage);
      await stage.page.locator('#panel-compare summary').click();
      await expect(stage.page.locator('#panel-compare-content li').first()).toBeVisible();
    },
  },
  {
    name: 'compare',
    page: 'index.html',
    async act(stage) {
      await answerAndRead(stage);
      await compareWith(stage, SECOND);
    },
  },
  {
    name: 'compare-fork',
    page: 'index.html',
    async act(stage) {
      await changeSkills(stage, { bodies: { [SECOND]: FORK } });
      await answerAndRead(stage);
      await compareWith(stage, SECOND);
      await scrollTo(stage.page.locator('#compare-summary'));
    },
  },
  {
    name: 'address',
    page: 'index.html',
    async act(stage) {
      await changeSkills(stage, { bodies: { [FIRST]: WITH_ADDRESSES } });
      await answerAndRead(stage);
      for (const address of ['docs.example.com', '203.0.113.7']) await stage.demo.panel.getByRole('button', { name: address }).first().click();
      await expect(stage.demo.panel.getByRole('group', { name: 'Where this address leads' })).toHaveCount(2);
      await stage.demo.panel.locator('.address-box').last().scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'own-skills-before',
    page: 'index.html',
    async act({ page, demo }) {
      await demo.expectComplete();
      await scrollTo(page.locator('own-skills'));
    },
  },
  {
    name: 'own-skills-added',
    page: 'index.html',
    async act(stage) {
      await addSkills(stage, OWN_SKILLS);
      await scrollTo(stage.page.locator('own-skills'));
    },
  },
  {
    name: 'own-skills-errors',
    page: 'index.html',
    async act(stage) {
      await addSkills(stage, BROKEN_SKILLS);
      await stage.page.locator('own-skills #outcomes summary').click();
      await scrollTo(stage.page.locator('own-skills'));
    },
  },
  {
    name: 'own-skills-answer',
    page: 'index.html',
    async act(stage) {
      await addSkills(stage, OWN_SKILLS);
      await answer(stage, 'make my old trombone shine again');
      await expect(stage.demo.names.first()).toHaveText('trombone-polish');
    },
  },
  {
    name: 'on-this-device',
    page: 'index.html',
    async act({ page, demo }) {
      await demo.expectComplete();
      await demo.expectAllKept();
      await page.locator('#device summary').click();
      await expect(page.locator('#device-rows tr').first()).toBeVisible();
      await scrollTo(page.locator('footer'));
    },
  },
  {
    name: 'model-missing',
    page: 'index.html',
    async act({ page, demo }) {
      await page.route('**/weights-*', (route) => route.fulfill({ status: 404 }));
      await page.reload();
      await demo.expectState('failed');
      await demo.ask(TASK, 'lexical');
    },
  },
  {
    name: 'offline',
    page: 'index.html',
    async act(stage) {
      const { page, demo, server } = stage;
      await demo.expectComplete();
      await demo.expectAllKept();
      await page.evaluate(() => navigator.serviceWorker.ready);
      await server.close();
      await page.reload();
      await answer(stage);
    },
  },
  { name: 'evaluation-before', page: 'evaluate.html', act: expectToEvaluate },
  {
    name: 'evaluation-after',
    page: 'evaluate.html',
    full: true,
    async act(stage) {
      await expectToEvaluate(stage);
      await stage.page.locator('#folder').setInputFiles(fileURLToPath(new URL('wedding-seating-plan', SKILLS)));
      await runQueries(stage);
      await expect(stage.page.locator('#failures')).toBeVisible();
    },
  },
  {
    name: 'evaluation-failure-opened',
    page: 'evaluate.html',
    async act(stage) {
      await runForAuthor(stage);
      await stage.page.locator('#failure-list summary').first().click();
      await expect(stage.page.locator('#failure-list .word-lists').first()).toBeVisible();
      await scrollTo(stage.page.locator('#failures'));
    },
  },
  {
    name: 'evaluation-author',
    page: 'evaluate.html',
    async act(stage) {
      await runForAuthor(stage);
      await scrollTo(stage.page.locator('#author'));
    },
  },
  {
    name: 'map',
    page: 'evaluate.html',
    async act(stage) {
      await expectToEvaluate(stage);
      const map = stage.page.locator('skill-map');
      await scrollTo(stage.page.locator('#map-title'));
      await map.getByLabel('Task', { exact: true }).fill(TASK);
      await map.getByRole('button', { name: 'Light up its routes' }).click();
      await expect(map.locator('#routes-note')).toHaveText(/^Re-ranked( (\d+) of \2)?\.$/);
      await scrollTo(stage.page.locator('#map-title'));
    },
  },
];

/** A run in which one skill is outranked for many of its queries: those of a neighbour are given to it, too. */
async function runForAuthor(stage) {
  await expectToEvaluate(stage);
  const [mine, neighbour] = ['month-end-close', 'bank-reconciliation'];
  const rows = [
    ...[...tasksOf(mine), ...tasksOf(neighbour)].map((query) => ({ query, skill: mine })),
    ...tasksOf(FIRST).map((query) => ({ query, skill: mine, should_trigger: false })),
  ];
  await stage.page.locator('#files').setInputFiles({ name: 'queries.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(rows)) });
  await runQueries(stage);
  await expect(stage.page.locator('#author-report')).toHaveAttribute('aria-busy', 'false');
}
