/**
 * What all tests share: a `page` that fails its test when something goes wrong unseen, and the demo's parts by their meaning.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { test as base, expect } from '@playwright/test';
import { serveSite, TEST_SITE } from './static-server.js';

export { expect };

/** The models of the tests' site; its index was built for the one, and names the other. */
export const ENCODER = 'skillrouter-mini-encoder';
export const OWN_RERANKER = 'tiny-pair-default';
/** In the address of the demo, where an order that comes later is not the point. */
export const NO_RERANKER = '?reranker=none';

const SKILLS = new URL('../../catalogues/starter/', import.meta.url);
const MODELS_MS = 30_000;
const BY_MEANING = /^(retrieved|reranked)$/;

export const test = base.extend({
  /** Serves the tests' site. @type {Awaited<ReturnType<typeof serveSite>>} */
  host: [async ({}, use) => {
    const host = await serveSite({ folder: TEST_SITE });
    await use(host);
    await host.close();
  }, { scope: 'worker' }],
  /** The tests' site: what a test does to it ends with the test. */
  site: async ({ host }, use) => {
    await use(host);
    host.reset();
  },
  baseURL: ({ site }, use) => use(site.url),
  /** Problems that a test causes on purpose. */
  tolerated: [null, { option: true }],
  page: async ({ page, tolerated }, use) => {
    const problems = [];
    page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (/Content Security Policy|Uncaught/.test(message.text())) problems.push(message.text());
    });
    await use(page);
    expect(problems.filter((problem) => !tolerated?.test(problem))).toEqual([]);
  },
  demo: async ({ page }, use) => use(new Demo(page)),
});

/** The demo page. */
export class Demo {
  constructor(page) {
    this.page = page;
    this.query = page.getByRole('combobox', { name: 'Describe the task' });
    this.options = page.getByRole('option');
    this.names = page.locator('#results .name');
    this.banner = page.locator('#banner');
    this.panel = page.getByRole('dialog');
    this.state = page.locator('#state');
    this.stage = page.locator('#answer-stage');
    this.title = page.locator('#answer-title');
    this.fits = page.locator('#results .fit:visible');
  }

  /** @param {'words' | 'ready' | 'failed'} [state] to wait for @param {string} [parameters] of the address */
  async open(state = 'ready', parameters = '') {
    await this.page.goto(`index.html${parameters}`);
    await this.expectState(state);
  }

  async expectState(state) {
    await expect(this.state).toHaveAttribute('data-state', state, { timeout: MODELS_MS });
  }

  /** Waits until the reranker is loaded too, where there is one. */
  async expectComplete() {
    await expect(this.state).toHaveText('Ready, all on this device', { timeout: MODELS_MS });
  }

  /** Types a task and waits for the answer of a stage. @param {string} task @param {string | RegExp} [stage] */
  async ask(task, stage = BY_MEANING) {
    await this.query.fill(task);
    await expect(this.page.locator('#answer')).toHaveAttribute('aria-busy', 'false');
    await this.expectStage(stage);
    await expect(this.options.first()).toBeVisible();
  }

  async expectStage(stage = BY_MEANING) {
    await expect(this.stage).toHaveAttribute('data-stage', stage);
  }

  /** Waits until nothing about the answer changes any more. */
  async expectReranked() {
    await expect(this.stage).toHaveText(/^re-ranked (\d+) of \1$/, { timeout: MODELS_MS });
  }

  /** Waits until every file of index and models is kept, those fetched ahead included: then nothing is on its way any more. */
  async expectAllKept() {
    const n_files = await this.page.evaluate(async () => {
      const read = async (path) => (await fetch(path)).json();
      const { files, encoder, routing } = await read('index/index.json');
      const reranker = new URLSearchParams(location.search).get('reranker') ?? routing.reranker?.name ?? 'none';
      let n_files = 1 + Object.values(files).flat().length;
      for (const name of new Set([encoder.name, reranker].filter((name) => name !== 'none'))) {
        const { weights } = await read(`models/${name}/model.json`);
        n_files += 1 + 1 + weights.length; // A tokenizer stands beside the manifest.
      }
      return n_files;
    });
    await expect(this.page.locator('#stored-note')).toHaveText(`${n_files} files`, { timeout: MODELS_MS });
  }

  retry() {
    return this.banner.getByRole('button').click();
  }
}

/** Files of the engine's GPU build. */
export const GPU_BUILD = /\/pkg\/gpu\//;

/** @returns a handle of a router that was opened in the page */
export async function openRouter(page, options = {}) {
  return page.evaluateHandle(async (options) => {
    const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
    return SkillRouter.open(options);
  }, options);
}

/** @param {string} skill_id @returns {string[]} tasks of the catalogue that should trigger the skill */
export function tasksOf(skill_id) {
  const queries = JSON.parse(readFileSync(new URL(`${skill_id}/evals/eval_queries.json`, SKILLS), 'utf8'));
  return queries.filter(({ should_trigger }) => should_trigger).map(({ query }) => query);
}

/** @returns {string[]} ids of the catalogue's skills */
export function skillIds() {
  return readdirSync(SKILLS, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
}
