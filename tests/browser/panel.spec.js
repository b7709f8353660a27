/**
 * The panel while the list beside it moves on: what it says of a skill is what the newest answer says.
 */

import { FAKE_ROUTES, openPage } from './component.js';
import { expect, test } from './page.js';

const TASK = 'turn these receipts into a spreadsheet';
const OTHER_TASK = 'archive the letters';
const [RECEIPTS, LEDGER, COPY] = FAKE_ROUTES;
const BODY = '# Receipts\n\nTurn each receipt into a row of a spreadsheet.\n\nOld letters are archived by year.';

const reranked = (route, place) => ({ ...route, rerank_score: 2 - place, score: 2 - place, retrieval_rank: place + 1 });
const FIRST = { stage: 'retrieved', routes: [RECEIPTS, LEDGER, COPY] };

/** Gives the element a router whose answers this test brings, one by one, with `answer`. */
async function openWithRouter(page) {
  await openPage(page, '<skill-search></skill-search>');
  await page.evaluate((body) => {
    let finish;
    document.querySelector('skill-search').router = {
      route: (query, { onStage }) => new Promise((resolve) => {
        finish = (answer, { is_last }) => (is_last ? resolve : onStage)({ device: { kind: 'cpu', name: 'fake' }, timings_ms: { total: 1 }, ...answer });
      }),
      body: async () => body,
    };
    window.answer = (answer, options) => finish(answer, options);
  }, BODY);
  await expect(page.locator('#state')).toHaveAttribute('data-state', 'ready');
}

/** The answer to the question so far, or the last one. */
const answer = (page, answer, { is_last = false } = {}) => page.evaluate(([answer, is_last]) => window.answer(answer, { is_last }), [answer, is_last]);

/** Asks, has this answer, and opens the skill at a place. */
async function openSkill(page, place = 0, given = FIRST) {
  await openWithRouter(page);
  await page.getByRole('combobox').fill(TASK);
  await answer(page, given);
  await page.getByRole('option').nth(place).click();
  await expect(page.locator('#panel-passage')).toContainText('Turn each receipt');
}

const factsOf = (page) => page.locator('#panel-facts > div').evaluateAll((rows) => Object.fromEntries(rows.map(({ children: [term, fact] }) => [term.textContent, fact.textContent])));

test('a better answer changes score, ranks and why', async ({ page }) => {
  await openSkill(page);
  expect(await factsOf(page)).toEqual({ Score: '0.900', 'By words': '#1', 'By meaning': '#2', Source: 'first/catalogue', Licence: 'MIT' });
  await expect(page.locator('#panel-legs')).toHaveText('Found by its words and its meaning.');
  await answer(page, { stage: 'reranked', reranked: { done: 3, of: 3 }, routes: [RECEIPTS, LEDGER, COPY].map(reranked) }, { is_last: true });
  await expect(page.locator('#panel-legs')).toHaveText('Found by its words and its meaning. The reranker has compared it with the task again.');
  expect(await factsOf(page)).toMatchObject({ Score: '2.000', 'Before re-ranking': '#1' });
});

test('it does so while the order of the list waits', async ({ page }) => {
  await openSkill(page, 1);
  await answer(page, { stage: 'reranked', reranked: { done: 2, of: 2 }, routes: [LEDGER, RECEIPTS].map(reranked) }, { is_last: true });
  await expect(page.locator('#answer-stage')).toContainText('the new order comes when you leave the list');
  expect(await factsOf(page)).toMatchObject({ Score: '2.000', 'By words': '#2', 'By meaning': 'not found' });
});

test('a skill that is no longer in the list says so, until it is there again', async ({ page }) => {
  await openSkill(page);
  await answer(page, { stage: 'reranked', routes: [LEDGER] });
  const gone = page.locator('#panel-gone');
  await expect(gone).toHaveText('This skill is no longer in the list.');
  await expect(page.locator('#panel-match')).toBeHidden();
  expect(await factsOf(page)).toEqual({ Source: 'first/catalogue', Licence: 'MIT' });
  await page.locator('#panel-title').hover(); // Out of the list, which shows the new order now.
  await expect(page.getByRole('option')).toHaveCount(1);
  await answer(page, { stage: 'reranked', routes: [LEDGER, RECEIPTS] }, { is_last: true });
  await expect(gone).toBeEmpty();
  await expect(page.locator('#panel-match')).toBeVisible();
  await expect(page.getByRole('option').nth(1)).toHaveClass('open');
});

test('a skill that is a copy in the new answer keeps its own facts', async ({ page }) => {
  await openSkill(page);
  await expect(page.locator('#panel-copy-list li')).toHaveText(['second/catalogue']);
  await answer(page, { stage: 'reranked', routes: [COPY, RECEIPTS].map(reranked) }, { is_last: true });
  await expect(page.locator('#panel-copy-list li')).toHaveText(['second/catalogue']);
  expect(await factsOf(page)).toMatchObject({ Score: '1.000', Source: 'first/catalogue' });
});

test('another question is what the passage is about; none leaves the list empty', async ({ page }) => {
  await openSkill(page);
  await page.getByRole('combobox').fill(OTHER_TASK);
  await answer(page, { stage: 'retrieved', routes: [{ ...RECEIPTS, score: 0.25 }] }, { is_last: true });
  await expect(page.locator('#panel-passage mark')).toHaveText(['letters', 'archived']);
  expect(await factsOf(page)).toMatchObject({ Score: '0.250' });
  await page.getByRole('combobox').fill('');
  await expect(page.locator('#panel-gone')).toHaveText('This skill is no longer in the list.');
});

test('what does not change stays what it was, with what was opened in it', async ({ page }) => {
  const route = { ...RECEIPTS, source: 'https://example.com/receipts' };
  await openSkill(page, 0, { stage: 'retrieved', routes: [route, LEDGER] });
  const address = page.locator('#panel-facts button.address');
  await address.click();
  await expect(page.getByRole('group', { name: 'Where this address leads' })).toBeVisible();
  await answer(page, { stage: 'reranked', routes: [route, LEDGER].map(reranked) }, { is_last: true });
  await expect(page.locator('#panel-facts')).toContainText('2.000');
  await expect(page.getByRole('group', { name: 'Where this address leads' })).toBeVisible();
  await expect(address).toBeFocused();
});

test('a skill that the reader hides is no longer in the list', async ({ page }) => {
  const risks = [{ rule: 'root', category: 'privilege-escalation', title: 'runs commands as root', line: 1, count: 1 }];
  await openSkill(page, 0, { stage: 'retrieved', routes: [{ ...RECEIPTS, risks }, LEDGER] });
  await page.evaluate(() => document.querySelector('skill-search').setAttribute('hide-risks', 'privilege-escalation'));
  await expect(page.locator('#panel-gone')).toHaveText('This skill is no longer in the list.');
});

test('the skills that it offers to compare are those of the new answer', async ({ page }) => {
  await openSkill(page);
  await page.locator('#panel-compare summary').click();
  await expect(page.locator('#panel-compare-content li')).toHaveText([/^receipts/, /^ledger/]);
  await page.getByRole('combobox').fill(OTHER_TASK);
  await answer(page, { stage: 'retrieved', routes: [RECEIPTS, { ...LEDGER, name: 'letters' }] }, { is_last: true });
  await expect(page.locator('#panel-compare-content li')).toHaveText([/^letters/]);
});

test('another index closes it', async ({ page }) => {
  await openSkill(page);
  await page.evaluate((routes) => (document.querySelector('skill-search').router = { route: async () => ({ stage: 'lexical', routes }), body: async () => '' }), [LEDGER]);
  await expect(page.locator('#panel')).toBeHidden();
});
