/**
 * The page that evaluates an index: what its numbers are, which files it takes, runs and their comparison, why queries fail.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { bootstrap, metricsOf, quantile, summarize } from '../../www/pages/evaluate/metrics.js';
import { expectedSkills, nameOf, outranked, wordReport } from '../../www/pages/evaluate/outranked.js';
import { forSkill, readQueries } from '../../www/pages/evaluate/queries.js';
import { compareWords, wordsOf } from '../../www/pages/evaluate/words.js';
import { expect, openRouter, skillIds, tasksOf, test } from './page.js';
import { alwaysFits, changeRouting, FITS, PANIC_ON_REQUEST, patchEngine, tamper } from './tampering.js';

const SKILLS = new URL('../../catalogues/starter/', import.meta.url);
const SKILL = 'wedding-seating-plan';
const OTHER = 'regex-builder';
const TASK = tasksOf(SKILL)[0];
const RUN_MS = 60_000;

/** A file as a file picker gives it. @param {unknown} content text, or rows */
function file(content, name = 'queries.json') {
  return { name, mimeType: 'application/json', buffer: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)) };
}

/** Queries of every `step`th skill of the catalogue. */
function queriesOfCatalogue(step) {
  return skillIds().filter((_, i) => i % step === 0).flatMap((skill) => tasksOf(skill).map((query) => ({ query, skill })));
}

/** The page by the meaning of its parts. */
class Evaluation {
  constructor(page) {
    this.page = page;
    this.banner = page.locator('#banner');
    this.chosen = page.locator('#chosen');
    this.skill = page.getByLabel('Which skill are these queries for?');
    this.run = page.getByRole('button', { name: /^Run/ });
    this.cancel = page.getByRole('button', { name: 'Cancel' });
    this.results = page.locator('#results-table');
    this.failures = page.locator('#failure-list > li');
    this.announcement = page.locator('main > [role=status]');
  }

  async open(parameters = '?reranker=none') {
    await this.page.goto(`evaluate.html${parameters}`);
    await expect(this.page.locator('#state')).toHaveText('Ready', { timeout: 30_000 });
  }

  async choose(...files) {
    await this.page.locator('#files').setInputFiles(files);
  }

  /** Runs to the end. @param {string} [mode] as the list calls it */
  async runAll(mode = 'Words and meaning') {
    await this.page.getByLabel('Search by').selectOption({ label: mode });
    await this.run.click();
    await this.expectEnd(/finished/);
  }

  async expectEnd(how) {
    await expect(this.announcement).toHaveText(how, { timeout: RUN_MS });
  }

  /** The cells of a row, a run each. @param {string} metric */
  cells(metric) {
    return this.results.getByRole('row').filter({ has: this.page.getByRole('rowheader', { name: metric }) }).getByRole('cell');
  }
}

const it = test.extend({ evaluation: async ({ page }, use) => use(new Evaluation(page)) });

test.describe('numbers', () => {
  for (const [ranks, expected] of [
    [[1], { 'hit@1': 1, 'mrr@10': 1, 'ndcg@10': 1, 'recall@10': 1, 'recall@20': 1 }],
    [[2], { 'hit@1': 0, 'mrr@10': 0.5, 'ndcg@10': 0.6309, 'recall@10': 1 }],
    [[11], { 'hit@1': 0, 'mrr@10': 0, 'ndcg@10': 0, 'recall@10': 0, 'recall@20': 1 }],
    [[null], { 'hit@1': 0, 'mrr@10': 0, 'ndcg@10': 0, 'recall@10': 0, 'recall@20': 0 }],
    [[4, 1], { 'hit@1': 1, 'mrr@10': 1, 'ndcg@10': (1 + 0.4307) / (1 + 0.6309), 'recall@10': 1 }],
    [[3, null], { 'hit@1': 0, 'mrr@10': 1 / 3, 'ndcg@10': 0.5 / 1.6309, 'recall@10': 0.5, 'recall@20': 0.5 }],
  ]) {
    test(`of ranks ${ranks.map((rank) => rank ?? 'none').join(' and ')}`, () => {
      const metrics = metricsOf(ranks);
      for (const [name, value] of Object.entries(expected)) expect(metrics[name], name).toBeCloseTo(value, 4);
    });
  }

  test('of a run: means over what should trigger, counts over what should not', () => {
    const outcome = (should_trigger, rank, fit) => ({ should_trigger, ranks: [rank], fit });
    const right = [outcome(true, 1, 'strong'), outcome(true, 2, 'none')];
    const others = [outcome(false, 1, 'weak'), outcome(false, null, 'none'), outcome(false, 3, 'none')];
    const { metrics, false_triggers, none_of_right, none_of_others } = summarize([...right, ...others]);
    expect(metrics['hit@1'].mean).toBe(0.5);
    expect(metrics['mrr@10'].mean).toBe(0.75);
    expect(false_triggers).toMatchObject({ n: 1, of: 3 });
    expect(none_of_right).toMatchObject({ n: 1, of: 2 });
    expect(none_of_others).toMatchObject({ n: 2, of: 3 });
    expect(summarize([outcome(false, null)])).toMatchObject({ metrics: null, none_of_right: null, none_of_others: null });
    expect(summarize([outcome(true, 1)], { with_intervals: false }).metrics['hit@1']).toEqual({ mean: 1, interval: null });
  });

  test('intervals are those of a mean, and the same every time', () => {
    const hits = Array.from({ length: 100 }, (_, i) => Number(i % 5 > 0));
    const [low, high] = bootstrap({ hits }).hits;
    expect(low).toBeCloseTo(0.8 - 1.96 * 0.04, 1); // The standard error is the root of .8 * .2 / 100.
    expect(high).toBeCloseTo(0.8 + 1.96 * 0.04, 1);
    expect(low).toBeLessThan(0.8);
    expect(high).toBeGreaterThan(0.8);
    expect(bootstrap({ hits }).hits).toEqual([low, high]);
    expect(bootstrap({ hits: [1, 1, 1] }).hits.map((x) => x.toFixed(6))).toEqual(['1.000000', '1.000000']);
  });

  test('quantiles lie between neighbours', () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([4, 1], 0.5)).toBe(2.5);
    expect(quantile([7], 0.95)).toBe(7);
  });
});

test.describe('words', () => {
  test('are cut as the index cuts them', () => {
    expect(wordsOf('Please turn these Receipts into a C# and c++ file, x = 3')).toEqual(['turn', 'receipts', 'c#', 'c++', 'file']);
    expect(wordsOf('PDF合并工具')).toEqual(['pdf', '合并', '并工', '工具']);
  });

  for (const [word, other, same] of [
    ['receipts', 'receipt', true], ['planning', 'plan', true], ['companies', 'company', true], ['invoicing', 'invoices', true],
    ['reconcile', 'reconciliation', true], ['contract', 'contrast', false], ['table', 'tableau', false], ['bank', 'banner', false],
  ]) {
    test(`${word} and ${other} are ${same ? 'one word' : 'two words'}`, () => {
      const [{ first, second }] = compareWords(word, { name: other }, { name: 'x' });
      expect([first, second]).toEqual([same ? ['name'] : [], []]);
    });
  }

  test('stand where they stand', () => {
    const places = compareWords('seat the guests', { name: 'seating', body: 'Guests sit.' }, { name: 'x', description: 'for a guest', body: null });
    expect(places).toEqual([
      { word: 'seat', first: ['name'], second: [] },
      { word: 'guests', first: ['instructions'], second: ['description'] },
    ]);
  });
});

test.describe('what outranks a skill', () => {
  const skill = (skill_idx, name) => ({ skill_idx, name, id: `catalogue/${name}` });
  const [mine, twin, near, far] = ['mine', 'twin', 'near', 'far'].map((name, i) => skill(i, name));
  const target = { named: 'mine', route: mine };
  const judge = (query, ranks, routes, { should_trigger = true, targets = [target] } = {}) => ({ query, should_trigger, targets, ranks, answer: { routes } });
  const judged = [
    judge('plan seats', [1], [mine, near]),
    judge('seats for 120 guests', [3], [near, far, mine]),
    judge('guests and tables', [null], [far, near]),
    judge('nothing like it', [null], []),
    judge('a table plan', [2, 1], [twin, mine, near], { targets: [target, { named: 'twin', route: twin }] }),
    judge('guests of a hotel', [1], [mine], { should_trigger: false }),
    judge('another', [2], [near, twin], { targets: [{ named: 'twin', route: twin }] }),
  ];

  test('is counted over the queries that should reach it', () => {
    const report = outranked(judged, { named: 'catalogue/mine', route: mine });
    expect(report.asked.map(({ query, rank, above }) => [query, rank, above.map(({ name }) => name)])).toEqual([
      ['guests and tables', null, ['far', 'near']],
      ['nothing like it', null, []],
      ['seats for 120 guests', 3, ['near', 'far']],
      ['a table plan', 2, []], // The one above it is right too.
      ['plan seats', 1, []],
    ]);
    expect(report.rivals).toEqual([{ route: far, n_above: 2, n_first: 1 }, { route: near, n_above: 2, n_first: 1 }]);
    expect(report).toMatchObject({ others: ['guests of a hotel'], n_false_triggers: 1 });
    expect(expectedSkills(judged).map(({ target, n, n_first }) => [nameOf(target), n, n_first])).toEqual([['mine', 5, 1], ['twin', 2, 1]]);
  });

  test('has words that it lacks', async () => {
    const report = outranked(judged, target);
    const bodies = { 0: 'Seats.', 2: 'For every guest a seat.', 3: null };
    const { missing, of_rivals, n_unread } = await wordReport(report, report.rivals, async (skill_idx) => bodies[skill_idx]);
    expect(missing).toEqual([
      { word: 'guests', n_queries: 2, n_others: 1, has: [{ route: near, parts: ['instructions'] }] },
      { word: 'tables', n_queries: 1, n_others: 0, has: [] },
      { word: 'nothing', n_queries: 1, n_others: 0, has: [] },
      { word: 'like', n_queries: 1, n_others: 0, has: [] },
    ]);
    expect(of_rivals).toEqual([[], [{ word: 'guests', n_queries: 2 }]]);
    expect(n_unread).toBe(1);
  });

  test('of a skill that the index does not have', () => {
    const unknown = { named: 'unknown', route: null };
    const report = outranked([judge('a task', [null], [near], { targets: [unknown] })], unknown);
    expect(report.rivals).toEqual([{ route: near, n_above: 1, n_first: 1 }]);
  });
});

test.describe('files', () => {
  const read = (text, path = 'q.json') => readQueries([{ path, text }]);

  test('every shape', () => {
    const [query, skills] = ['a task', ['s']];
    const rows = '[{"query": " a task ", "should_trigger": false}]';
    expect(read(rows)).toMatchObject({ asks_skill: true, queries: [{ query, skills: null, should_trigger: false }] });
    expect(read(rows, 's/evals/eval_queries.json')).toMatchObject({ asks_skill: false, queries: [{ query, skills, should_trigger: false }] });
    expect(forSkill(read(rows), 's')).toMatchObject({ asks_skill: false, queries: [{ query, skills }] });
    expect(read('[{"query": "a task", "skill": ["s", "t", "s"]}]').queries).toEqual([{ query, skills: ['s', 't'], should_trigger: true }]);
    expect(read('{"query": "a task", "skill": "s"}').queries).toEqual([{ query, skills, should_trigger: true }]);
    expect(read('{"query": "a task", "skill": "s"}\n\n{"prompt": "b", "skill": "s"}\n').queries.map(({ query }) => query)).toEqual(['a task', 'b']);
    expect(read('{"skill_name": "s", "evals": [{"prompt": "a task"}]}').queries).toEqual([{ query, skills, should_trigger: true }]);
  });

  test('several at once', () => {
    const text = '[{"query": "a task"}]';
    const set = readQueries([{ path: 'skills/a/evals/eval_queries.json', text }, { path: 'skills/b/evals/eval_queries.json', text }]);
    expect(set).toMatchObject({ label: 'skills/, 2 files', asks_skill: false, queries: [{ skills: ['a'] }, { skills: ['b'] }] });
    expect(() => readQueries([{ path: 'a.json', text }, { path: 'b.json', text }])).toThrow(/a\.json, b\.json: these do not say which skills/);
  });

  for (const [what, text, message] of [
    ['an empty file', ' \n', /q\.json: the file is empty; expected rows such as/],
    ['prose', 'Dear diary', /q\.json: it is not JSON .*; expected rows such as/],
    ['a list without rows', '[]', /there is no query in it/],
    ['other JSON', '{"name": "x"}', /it is JSON, but holds no queries/],
    ['a number', '42', /it is JSON, but holds no queries/],
    ['a row without a query', '[{"query": "a"}, {"task": "b"}]', /row 2: there is no "query"/],
    ['a row that is null', '[null]', /row 1: there is no "query"/],
    ['a query that is none', '[{"query": " "}]', /row 1: the query is not a text/],
    ['a verdict in quotes', '[{"query": "a", "should_trigger": "yes"}]', /row 1: "should_trigger" is neither true nor false/],
    ['a skill without a name', '[{"query": "a", "skill": []}]', /row 1: "skill" names none/],
    ['a broken line', '{"query": "a"}\n{"query": ', /line 2 is not JSON/],
    ['too many queries', JSON.stringify(Array(5001).fill({ query: 'a' })), /5001 queries are more than a page runs at once/],
    ['a query that is a book', JSON.stringify([{ query: 'a'.repeat(20_001) }]), /row 1: the query has 20001 characters/],
  ]) {
    test(`what is wrong with ${what}`, () => {
      expect(() => read(text)).toThrow(message);
    });
  }
});

it('a skill author’s file: asks for the skill, and helps to name it', async ({ evaluation, page }) => {
  await evaluation.open();
  await evaluation.choose(file(readFileSync(new URL(`${SKILL}/evals/eval_queries.json`, SKILLS), 'utf8'), 'eval_queries.json'));
  await expect(evaluation.chosen).toContainText('queries for 1 skill');
  await evaluation.run.click();
  await expect(page.locator('#skill-problem')).toHaveText('Write the name or id of the skill.');
  await evaluation.skill.fill('wedding-seating');
  await expect(page.locator('#skill-names option').first()).toHaveAttribute('value', SKILL);
  await expect(page.locator('#skill-problem')).toHaveText('');
  await page.keyboard.press('Enter');
  await expect(page.locator('#skill-problem')).toHaveText(/^No skill .* name or id “wedding-seating”; near it are wedding-seating-plan/);
  await expect(evaluation.skill).toBeFocused();
  await expect(evaluation.skill).toHaveAttribute('aria-invalid', 'true');
  await evaluation.skill.fill(SKILL);
  await page.keyboard.press('Enter');
  await evaluation.expectEnd(/finished/);
  await expect(evaluation.skill).toHaveAttribute('aria-invalid', 'false');
  await expect(evaluation.results.getByRole('columnheader').nth(1)).toContainText(`${SKILL}, eval_queries.json`);
  await expect(evaluation.cells('Hit@1')).toContainText(/[01]\.\d{3}.*to/);
  await expect(evaluation.cells('False triggers')).toContainText(/\d of \d/);
});

it('a skill’s folder: its name is the skill', async ({ evaluation, page }) => {
  await evaluation.open();
  await page.locator('#folder').setInputFiles(fileURLToPath(new URL(SKILL, SKILLS)));
  await expect(evaluation.chosen).toContainText(`${SKILL}/evals/eval_queries.json`);
  await expect(evaluation.skill).toBeHidden();
  await evaluation.runAll();
  await expect(page.locator('#run-note')).toBeHidden();
});

it('folders are taken where they are dropped, with the queries that are in them', async ({ evaluation, page, context }) => {
  await evaluation.open();
  const devtools = await context.newCDPSession(page);
  const skills = [SKILL, OTHER].map((skill) => fileURLToPath(new URL(skill, SKILLS)));
  const drag = (type, files) =>
    devtools.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data: { items: [], files, dragOperationsMask: 1 } });
  await drag('dragEnter', skills);
  await drag('dragOver', skills);
  await expect(page.locator('#drop')).toHaveClass(/over/);
  await drag('drop', skills);
  await expect(page.locator('#drop')).not.toHaveClass(/over/);
  await expect(evaluation.chosen).toContainText(/2 files \d+ queries for 2 skills/);
  const readme = fileURLToPath(new URL('../../README.md', import.meta.url));
  await drag('dragEnter', [readme]);
  await drag('drop', [readme]);
  await expect(evaluation.banner).toContainText('README.md: it is not JSON');
});

it('several skills: the numbers are those of a loop over the router', async ({ evaluation, page }) => {
  const queries = queriesOfCatalogue(12);
  expect(queries.length).toBeGreaterThanOrEqual(40);
  await evaluation.open();
  await evaluation.choose(file(queries));
  await evaluation.runAll();
  const router = await openRouter(page, { reranker: null });
  const ranks = await router.evaluate(async (router, queries) => {
    const ranks = [];
    for (const { query, skill } of queries) {
      const { routes } = await router.route(query, { top: 20 });
      ranks.push(routes.findIndex(({ name }) => name === skill) + 1 || null);
    }
    return ranks;
  }, queries);
  const { metrics } = summarize(ranks.map((rank) => ({ should_trigger: true, ranks: [rank] })));
  expect(metrics['hit@1'].mean).toBeGreaterThanOrEqual(0.8);
  for (const name of ['Hit@1', 'MRR@10', 'nDCG@10', 'Recall@10', 'Recall@20']) {
    const { mean, interval } = metrics[name.toLowerCase()];
    await expect(evaluation.cells(name)).toHaveText(`${mean.toFixed(3)}${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}`);
  }
  await expect(evaluation.failures).toHaveCount(ranks.filter((rank) => rank !== 1).length);
  await expect(evaluation.cells('False triggers')).toHaveText('–');
});

it('files that cannot be used are refused, and nothing is lost', async ({ evaluation }) => {
  await evaluation.open();
  await evaluation.choose(file([{ query: TASK, skill: SKILL }], 'good.json'));
  await evaluation.runAll();
  const results = await evaluation.results.innerText();
  for (const [bad, message] of [
    [file('Dear diary', 'diary.txt'), /diary\.txt: it is not JSON/],
    [file('', 'empty.json'), /empty\.json: the file is empty/],
    [file('x'.repeat(9_000_000), 'huge.json'), /huge\.json has 9 MB, which is more than queries need/],
    [file([{ query: 'a', should_trigger: 1 }], 'odd.json'), /odd\.json: row 1: "should_trigger" is neither/],
  ]) {
    await evaluation.choose(bad);
    await expect(evaluation.banner).toContainText(message);
    expect(await evaluation.results.innerText()).toBe(results);
    await expect(evaluation.chosen).toContainText('good.json');
  }
  await evaluation.banner.getByRole('button', { name: 'Dismiss' }).click();
  await expect(evaluation.banner).toBeHidden();
  await evaluation.runAll();
  await expect(evaluation.results.getByRole('columnheader')).toHaveCount(3);
});

it('a cancelled run keeps what it has, by keyboard alone', async ({ evaluation, page }) => {
  await evaluation.open();
  const queries = [1, 2, 3].flatMap(() => queriesOfCatalogue(1)); // Long enough to be cancelled on any machine.
  await evaluation.choose(file(queries));
  await evaluation.run.focus();
  await page.keyboard.press('Enter');
  await expect(evaluation.cancel).toBeFocused();
  await expect(page.locator('#progress-text')).toHaveText(new RegExp(`^[1-9]\\d* of ${queries.length} queries, about \\d+ (second|minute)s? left$`));
  await expect(evaluation.results.getByRole('columnheader').nth(1)).toContainText(/of \d+ queries, running/);
  await page.keyboard.press('Enter');
  await evaluation.expectEnd(/^Run 1 cancelled: \d+ of \d+ queries/);
  const [, n_asked] = (await evaluation.announcement.innerText()).match(/(\d+) of/);
  expect(Number(n_asked)).toBeGreaterThan(0);
  expect(Number(n_asked)).toBeLessThan(queries.length);
  await expect(evaluation.run).toBeFocused();
  await expect(evaluation.results.getByRole('columnheader').nth(1)).toContainText(`${n_asked} of ${queries.length} queries, cancelled`);
  await expect(evaluation.cells('Hit@1')).toContainText(/to/);
});

it('a failing query tells what outranked the right skill, and on which words', async ({ evaluation, page }) => {
  await evaluation.open();
  const missing = [TASK, tasksOf(SKILL)[1]].map((query) => ({ query, skill: OTHER }));
  await evaluation.choose(file([...missing, { query: TASK, skill: SKILL, should_trigger: false }]));
  await evaluation.runAll();
  await expect(page.locator('#failures-count')).toContainText('3 of 3: 2 whose right skill is not first, 1 false trigger.');
  const [missed, , false_trigger] = await evaluation.failures.all();
  await expect(missed).toContainText(new RegExp(`${OTHER} is (not among 20|at rank \\d+), outranked by ${SKILL}`));
  await missed.locator('summary').click();
  const table = missed.getByRole('table', { name: 'What outranks the right skill' });
  await expect(table.getByRole('columnheader')).toHaveText(['Skill', 'Words', 'Meaning', 'Score']);
  await expect(table.getByRole('rowheader').first()).toContainText(`#1${SKILL}`);
  await expect(table.getByRole('row').nth(1).getByRole('cell')).toHaveText([/\d\.\d{3} #\d/, /\d\.\d{3} #\d/, /\d\.\d{3}/]);
  await expect(table.getByRole('rowheader').last()).toContainText(`${OTHER}right`);
  await expect(missed.locator('.word-lists div').first()).toContainText(new RegExp(`Only ${SKILL} has.*(name|description|instructions)`));
  await expect(missed.locator('.words')).not.toContainText('Some instructions');
  await expect(false_trigger).toContainText(`False trigger: ${SKILL}`);
  await false_trigger.locator('summary').click();
  await expect(false_trigger.getByRole('table', { name: 'What comes first' }).getByRole('row')).toHaveCount(4);
  await expect(page.locator('#rivals-table').getByRole('row').nth(1)).toHaveText(`${SKILL}${OTHER}2`);
});

it('an author sees what outranks the skill over all its queries, and which words it lacks', async ({ evaluation, page }) => {
  await evaluation.open();
  const rows = [...tasksOf(SKILL).map((query) => ({ query, skill: OTHER })), { query: tasksOf(OTHER)[0], skill: OTHER, should_trigger: false }];
  await evaluation.choose(file([...rows, { query: TASK, skill: SKILL }]));
  await evaluation.runAll();
  const author = page.getByRole('region', { name: 'Which skill outranks mine' });
  const skill = author.getByLabel('Skill', { exact: true });
  const rivals = author.getByRole('table', { name: 'that stand above it' });
  const n = tasksOf(SKILL).length;
  await expect(skill).toHaveValue(OTHER); // The one that is outranked most often.
  await expect(page.locator('#author-skills option')).toHaveCount(2);
  const triggered = 'Of 1 query that should not reach it, it comes first for 1.';
  await expect(page.locator('#author-summary')).toHaveText(new RegExp(`^${OTHER}: ${n} queries should reach it. Its place: .* ${triggered}$`));
  await expect(page.locator('#author-report')).toHaveAttribute('aria-busy', 'false');
  await expect(rivals.getByRole('row').nth(1)).toHaveText(new RegExp(`^${SKILL}\\d+ of ${n}\\d+`));
  const words = author.getByRole('table', { name: 'that it lacks' });
  await expect(words.getByRole('columnheader')).toHaveText(['Word', 'In how many', 'Skills above that have it', 'In queries that should not reach it']);
  await expect(words.getByRole('row').filter({ hasText: `${SKILL} (` }).first()).toContainText(new RegExp(`\\d of ${n}.*(name|description|instructions)`));
  await author.getByText(`${n} queries that should reach it`).click();
  await expect(author.getByRole('table', { name: 'The worst places first' }).getByRole('row').nth(1)).toContainText(SKILL);
  const downloading = page.waitForEvent('download');
  await author.getByRole('button', { name: 'Download this report' }).click();
  const { format, skill: about, queries, rivals: saved, missing_words } = JSON.parse(readFileSync(await (await downloading).path(), 'utf8'));
  expect({ format, name: about.name, n: queries.length }).toEqual({ format: 'skillrouter-outranked', name: OTHER, n });
  expect(saved[0]).toMatchObject({ name: SKILL, words: expect.any(Array) });
  expect(missing_words.length).toBeGreaterThan(0);
  await skill.fill('no such skill');
  await expect(page.locator('#author-problem')).toHaveText('No query of this run should reach “no such skill”; 2 skills can be chosen from the list.');
  await skill.fill(SKILL);
  await expect(page.locator('#author-problem')).toBeEmpty();
  await expect(page.locator('#author-summary')).toContainText(`${SKILL}: 1 query should reach it. Its place: first for 1.`);
  await expect(author.getByText('No other skill stands above it.')).toBeVisible();
  await expect(rivals).toBeHidden();
  await expect(words).toBeHidden();
});

it('a failing query is shown on the map', async ({ evaluation, page, site }) => {
  const names = JSON.stringify(skillIds());
  tamper(site, '**/client.js', (body) => `${body}
    SkillRouter.prototype.map = async () => ({ points: new Uint16Array(2 * ${names}.length), names: ${names} });`);
  await evaluation.open();
  await evaluation.choose(file([{ query: TASK, skill: OTHER }]));
  await evaluation.runAll('Words only');
  await evaluation.failures.first().locator('summary').click();
  await page.getByRole('button', { name: 'Show on the map' }).click();
  await expect(page.getByRole('heading', { name: 'Map of the skills' })).toBeFocused();
  await expect(page.getByLabel('Task', { exact: true })).toHaveValue(TASK);
  await expect(page.getByRole('list', { name: 'Routes of the task' }).getByRole('listitem').first()).toContainText(SKILL);
});

it('many failing queries come in portions', async ({ evaluation, page }) => {
  await evaluation.open();
  await evaluation.choose(file(Array(60).fill({ query: TASK, skill: OTHER })));
  await evaluation.runAll('Words only');
  await expect(evaluation.failures).toHaveCount(50);
  await page.getByRole('button', { name: 'Show 10 more' }).click();
  await expect(evaluation.failures).toHaveCount(60);
  await expect(evaluation.failures.nth(50).locator('summary')).toBeFocused();
  await expect(page.locator('#failures-more')).toBeHidden();
});

it('a run in which the engine stops keeps what it has, and the next one works', async ({ evaluation, site }) => {
  patchEngine(site, PANIC_ON_REQUEST);
  await evaluation.open();
  await evaluation.choose(file([{ query: TASK, skill: SKILL }, { query: 'panic', skill: SKILL }]));
  await evaluation.run.click();
  await evaluation.expectEnd('Run 1 stopped: 1 of 2 queries, 0 failing.');
  await expect(evaluation.banner).toContainText(/The run stopped.*the engine stopped/s);
  await expect(evaluation.results.getByRole('columnheader').nth(1)).toContainText('1 of 2 queries, stopped');
  await evaluation.choose(file([{ query: TASK, skill: SKILL }]));
  await evaluation.runAll();
  await expect(evaluation.cells('Hit@1')).toContainText(['1.000', '1.000']);
  await expect(evaluation.banner).toBeHidden();
});

it('runs stand side by side until they are removed', async ({ evaluation, page }) => {
  await evaluation.open('');
  await evaluation.choose(file([{ query: TASK, skill: SKILL }, { query: TASK, skill: OTHER }]));
  for (const mode of ['Words only', 'Words and meaning, re-ranked', 'Meaning only']) await evaluation.runAll(mode);
  const heads = evaluation.results.getByRole('columnheader');
  await expect(heads).toHaveText(['Metric', /^1 · Words only/, /^2 · Words and meaning, re-ranked/, /^3 · Meaning only/]);
  await expect(page.locator('#failures-run')).toHaveValue('3');
  await page.getByLabel('of', { exact: true }).selectOption('1 · Words only');
  await evaluation.failures.first().locator('summary').click();
  await expect(evaluation.failures.first().getByRole('columnheader')).toHaveText(['Skill', 'Words', 'Score']);
  const times = page.getByRole('table', { name: 'Median time of each stage' });
  await expect(times.getByRole('rowheader')).toHaveText(['words', 'meaning', 'search', 'cards', 're-ranking', /median/, /95th/]);
  await expect(times.getByRole('row', { name: 're-ranking' }).getByRole('cell')).toHaveText(['–', / ms$/, '–']);
  await expect(page.locator('#times-bars rect.rerank')).toHaveCount(1);
  await page.getByRole('button', { name: 'Remove run 1 · Words only' }).click();
  await expect(heads).toHaveText(['Metric', /^2 ·/, /^3 ·/]);
  await expect(page.locator('#failures-run')).toHaveValue('3');
  for (const run of [2, 3]) await page.getByRole('button', { name: `Remove run ${run}` }).click();
  await expect(evaluation.results).toBeHidden();
  await expect(evaluation.run).toBeFocused();
});

it('what is said to fit nothing is counted', async ({ evaluation, page, site }) => {
  changeRouting(site, (routing) => (routing.calibration = alwaysFits(FITS.none)));
  await evaluation.open();
  await evaluation.choose(file([{ query: TASK, skill: SKILL }, { query: TASK, skill: OTHER, should_trigger: false }]));
  await evaluation.runAll();
  for (const row of ['skill is right', 'skill is not']) await expect(evaluation.cells(row)).toContainText('1.000 1 of 1');
  await evaluation.runAll('Words only'); // Which says nothing about the fit.
  await expect(evaluation.cells('skill is right')).toHaveText([/1 of 1/, '–']);
  await expect(page.getByLabel('Search by').getByRole('option')).toHaveText(['Words and meaning', 'Meaning only', 'Words only']);
});

it('without its model it says that answers are less than asked for', async ({ evaluation, page, site }) => {
  site.route('**/weights-*', (route) => route.fulfill({ status: 404 }));
  await page.goto('evaluate.html');
  await expect(evaluation.banner).toContainText('The model could not be loaded', { timeout: 30_000 });
  await evaluation.choose(file([{ query: TASK, skill: SKILL }]));
  await evaluation.runAll();
  await expect(evaluation.results.getByRole('columnheader').nth(1)).toContainText(/1 answer less than asked for: .*by words only/);
});

it('skills that the index does not have are named, and missed', async ({ evaluation, page }) => {
  await evaluation.open();
  await evaluation.choose(file([{ query: 'tune my grand piano', skill: 'piano-tuning' }]));
  await evaluation.runAll();
  await expect(page.locator('#run-note')).toHaveText(/^Not found in this index by name or id, .*: piano-tuning\.$/);
  await expect(evaluation.cells('Recall@20')).toContainText('0.000');
  await evaluation.failures.first().locator('summary').click();
  await expect(evaluation.failures.first()).toContainText('The right skill was not found in the index');
});

it('the catalogue’s own queries are offered where the site has them', async ({ evaluation, page, site }) => {
  const own = page.getByRole('button', { name: 'Use the catalogue’s own queries' });
  site.route('**/index/queries.json', (route) => route.fulfill({ status: 404 }));
  await evaluation.open();
  await expect(own).toBeHidden();
  site.route('**/index/queries.json', (route) => route.fulfill({ json: [{ query: TASK, skill: SKILL }] }));
  await evaluation.open();
  await own.click();
  await expect(evaluation.chosen).toContainText('the catalogue’s own 1 query for 1 skill');
  await evaluation.runAll();
  await expect(evaluation.cells('Hit@1')).toContainText('1.000');
});

it('runs can be downloaded', async ({ evaluation, page }) => {
  await evaluation.open();
  await evaluation.choose(file([{ query: TASK, skill: SKILL }, { query: TASK, skill: OTHER, should_trigger: false }]));
  await evaluation.runAll();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download as JSON' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('skillrouter-evaluation.json');
  const { format, version, index, runs } = JSON.parse(readFileSync(await download.path(), 'utf8'));
  expect({ format, version }).toEqual({ format: 'skillrouter-evaluation', version: 1 });
  expect(index.n_skills).toBe(skillIds().length);
  expect(runs[0]).toMatchObject({ mode: 'hybrid', n_queries: 2, state: 'complete' });
  expect(runs[0]).toMatchObject({ metrics: { 'hit@1': { mean: 1 } }, false_triggers: { n: 0, of: 1 } });
  expect(runs[0].answers[0]).toMatchObject({ query: TASK, skills: [SKILL], ranks: [1], failed: false, stage: 'retrieved' });
  expect(runs[0].answers[0].routes).toHaveLength(20);
});

it('hostile queries are text, and nothing leaves the page', async ({ evaluation, page, context }) => {
  await evaluation.open();
  const requests = [];
  context.on('request', (request) => requests.push(request.url()));
  const hostile = '<img src="x" onerror="window.harmed = 1"> \u202e abc';
  await evaluation.choose(file([{ query: hostile, skill: hostile }], '<b>name.json'));
  await evaluation.runAll();
  await expect(evaluation.failures.first()).toContainText('<img src="x"');
  await evaluation.failures.first().locator('summary').click();
  await expect(evaluation.failures.first()).toContainText('no words to compare');
  expect(await page.locator('main :is(img, b)').count()).toBe(0);
  expect(await page.evaluate(() => window.harmed)).toBeUndefined();
  const files_ahead = /^http:\/\/[^/]+\/index\/(cards|bodies|map)-[0-9a-f]+\.bin$/; // Come after the model, whatever is asked.
  expect(requests.filter((url) => !files_ahead.test(url))).toEqual([]);
});

for (const colorScheme of ['light', 'dark']) {
  it.describe(colorScheme, () => {
    it.use({ colorScheme });

    it('has no violations, and fits narrow screens', async ({ evaluation, page }) => {
      const expectNoViolations = async () => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
      };
      await evaluation.open();
      await page.getByText('What the files look like').click();
      await expectNoViolations();
      await evaluation.choose(file([{ query: 'a' }]));
      await evaluation.run.click();
      await expect(page.locator('#skill-problem')).not.toBeEmpty();
      await evaluation.choose(file('', 'empty.json'));
      await expect(evaluation.banner).toBeVisible();
      await expectNoViolations();
      const rows = [{ query: TASK, skill: OTHER }, { query: TASK, skill: SKILL, should_trigger: false }];
      await evaluation.choose(file([...rows, { query: tasksOf(SKILL)[1], skill: OTHER }]));
      await evaluation.runAll();
      await evaluation.runAll('Words only');
      for (const failure of await evaluation.failures.all()) await failure.locator('summary').click();
      await expect(page.locator('.word-lists')).toHaveCount(3);
      await page.locator('#author-queries-title').click();
      await expect(page.locator('#author-words-table')).toBeVisible();
      for (const width of [1280, 390, 320]) {
        await page.setViewportSize({ width, height: 800 });
        await expectNoViolations();
        expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
      }
    });
  });
}
