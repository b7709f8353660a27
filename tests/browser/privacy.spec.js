/**
 * No word of a query leaves the page, and no request shows what was asked for.
 */

import { expect, NO_RERANKER, openRouter, skillIds, tasksOf, test } from './page.js';

const TASKS = skillIds().slice(0, 20).map((skill_id) => tasksOf(skill_id)[0]);

/** What is done with tasks, by what the address says of the reranker: to re-rank takes longer. */
const VISITS = [['retrieved', NO_RERANKER, TASKS], ['re-ranked', '', TASKS.slice(0, 5)]];

for (const [how, parameters, tasks] of VISITS) {
  test(`${tasks.length} tasks ${how}, their cards and instructions: not one request`, async ({ demo, page, context }) => {
    const ask = async (task) => {
      await demo.ask(task);
      if (how === 're-ranked') await demo.expectReranked();
      await demo.options.first().click();
    };
    await demo.open('ready', parameters);
    await demo.expectAllKept(); // Cards and bodies were fetched ahead.
    await ask('plan a wedding');
    await expect(demo.panel.locator('#panel-body h3').first()).toBeVisible(); // The Markdown libraries are loaded.
    const requests = [];
    context.on('request', (request) => requests.push(request.url()));
    for (const task of tasks) {
      await ask(task);
      await expect(demo.panel.getByRole('heading', { level: 2 })).toHaveText(await demo.names.first().innerText());
    }
    expect(requests).toEqual([]);
  });
}

/** Without fetching ahead: what is asked for while routing, by the reranker's name. */
const SHARDS = [[null, 'cards', /\/index\/cards-[0-9a-f]+\.bin$/], ['tiny-bert-pair', 'cards and bodies', /\/index\/(cards|bodies)-[0-9a-f]+\.bin$/]];

for (const [reranker, kinds, expected] of SHARDS) {
  test(`without fetching ahead: only shards of ${kinds}, and nothing of the query in them`, async ({ page, context, baseURL }) => {
    await page.goto('bench.html?scan=none&tokens=none');
    const requests = [];
    context.on('request', (request) => requests.push(request));
    const router = await openRouter(page, { prefetch_bytes: 0, reranker });
    await router.evaluate((router) => router.reranker_ready ?? router.ready);
    const n_loading = requests.length;
    expect(requests.every((request) => request.url().startsWith(baseURL))).toBe(true);
    for (const task of TASKS) await router.evaluate((router, task) => router.route(task), task);
    const while_routing = requests.slice(n_loading);
    expect(while_routing.length).toBeGreaterThan(0);
    for (const request of while_routing) {
      expect(request.url()).toMatch(expected);
      expect(request.method()).toBe('GET');
      expect(request.postData()).toBeNull();
    }
  });
}
