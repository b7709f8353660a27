/**
 * The visitor's own skills: read, embedded and searched in the page, kept on the device, and never sent anywhere. What people give
 * is broken, hostile and large in all ways.
 */

import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';
import { findSkills } from '../../target/test-site/engine/own/files.js';
import { expect, openRouter, test } from './page.js';
import { serveSite } from './static-server.js';
import { changeManifest, flipByte } from './tampering.js';
import { zipFile } from './zip-file.js';

const PAGE = 'own.html';
const MODELS_MS = 30_000;
const EMBEDDED_MS = 120_000;
const TASK = 'polish the brass of an old trombone';
const TROMBONE = skill('trombone-polish', 'Polishes the brass of old trombones until it shines.');
const N_SKILLS = 200;

function skill(name, description, body = `# ${name}\n\nDo it with care.\n`) {
  return `---\nname: ${name}\ndescription: ${description}\nlicense: MIT\n---\n\n${body}`;
}

/** Skills as paths and texts, all different. @param {number} n_skills */
function manySkills(n_skills) {
  const numbers = Array.from({ length: n_skills - 1 }, (_, i) => i + 1);
  return { 'brass/trombone/SKILL.md': TROMBONE, ...Object.fromEntries(numbers.map((i) => [`.claude/skills/crate-${i}/SKILL.md`, skill(`crate-${i}`, `Counts what is in crate number ${i}.`)])) };
}

/** @returns {string} a folder with these files in it */
function writeFolder(name, files) {
  const folder = test.info().outputPath(name);
  rmSync(folder, { recursive: true, force: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

function writeZip(name, entries, options) {
  const path = test.info().outputPath(name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, zipFile(entries, options));
  return path;
}

const entriesOf = (files) => Object.entries(files).map(([name, content]) => ({ name, content }));

/** A page with the search, and the element that adds to it. */
class OwnPage {
  constructor(page) {
    this.page = page;
    this.element = page.locator('own-skills');
    this.sources = this.element.getByRole('list', { name: 'Sources' }).getByRole('listitem');
    this.outcomes = this.element.locator('#outcomes > li');
    this.work = this.element.locator('#work');
    this.options = page.getByRole('option');
  }

  /** @param {{ picker?: boolean, url?: string }} [options] `picker`: the browser has the one that gives handles */
  async open({ picker = false, url = PAGE } = {}) {
    if (!picker) await this.page.addInitScript(() => delete window.showDirectoryPicker);
    await this.page.route(`**/${PAGE}`, (route) => route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'">
        <meta name="color-scheme" content="light dark"><title>A site</title>
        <script type="module" src="skill-search.js"></script><script type="module" src="own-skills.js"></script>
        <main><h1>A site</h1><skill-search load="eager" reranker="none"></skill-search><own-skills></own-skills></main></html>`,
    }));
    await this.page.goto(url);
    await this.connect();
  }

  async reload() {
    await this.page.reload();
    await this.connect();
  }

  /** As a page does it. */
  async connect() {
    await this.page.waitForFunction(() => customElements.get('own-skills') && customElements.get('skill-search'));
    await this.page.evaluate(async () => {
      document.body.style.background = 'Canvas'; // What axe-core takes for white where nothing is said.
      const [search, own] = ['skill-search', 'own-skills'].map((name) => document.querySelector(name));
      search.addEventListener('skill-search-state', () => (own.router = search.router));
      own.addEventListener('own-skills-change', () => (search.value = search.value));
      own.router = search.router;
    });
    await expect(this.page.locator('#state')).toHaveAttribute('data-state', 'ready', { timeout: MODELS_MS });
  }

  /** @param {string} folder @param {string} [button] */
  async chooseFolder(folder) {
    await this.#choose('Choose a folder', folder);
  }

  /** @param {string | string[]} files */
  async chooseFiles(files) {
    await this.#choose('Choose files or a zip', files);
  }

  async #choose(button, files) {
    await this.page.bringToFront(); // Nothing can be clicked in a tab that is not drawn.
    const chooser = this.page.waitForEvent('filechooser');
    await this.element.getByRole('button', { name: button }).click();
    await (await chooser).setFiles(files);
  }

  /** Waits for the result. @param {string | RegExp} text */
  async expectOutcome(text) {
    await expect(this.outcomes.last().locator('> p')).toHaveText(text, { timeout: EMBEDDED_MS });
    await expect(this.work).toBeHidden();
  }

  async expectSources(rows) {
    await expect(this.sources.locator('.source')).toHaveText(rows);
  }

  async skipped() {
    await this.outcomes.last().locator('summary').click();
    return this.outcomes.last().locator('details li').allTextContents();
  }

  async ask(task) {
    await this.page.getByRole('combobox').fill(task);
    await expect(this.page.locator('#answer')).toHaveAttribute('aria-busy', 'false');
    await expect(this.page.locator('#answer-stage')).toHaveAttribute('data-stage', 'retrieved');
  }

  /** The first answer to the task that only one of the visitor's own skills serves. */
  async expectFirst(name) {
    await expect(this.options.first().locator('.name')).toHaveText(name);
  }

  /** @returns what `router.own()` says */
  own() {
    return this.page.evaluate(() => document.querySelector('own-skills').router.own());
  }

  /** @returns {Promise<string[]>} names of the files on the device */
  files() {
    return this.page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const names = [];
      try {
        for await (const name of (await root.getDirectoryHandle('skillrouter-own')).keys()) names.push(name);
      } catch (error) {
        if (error.name !== 'NotFoundError') throw error;
      }
      return names.sort();
    });
  }

  /** Lets `change` at a file on the device. @param {RegExp} pattern of its name */
  async changeFile(pattern, change) {
    const name = (await this.files()).find((name) => pattern.test(name));
    const bytes = await this.page.evaluate(async (name) => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('skillrouter-own');
      return [...new Uint8Array(await (await (await folder.getFileHandle(name)).getFile()).arrayBuffer())];
    }, name);
    const changed = [...Buffer.from(change(Buffer.from(bytes)))];
    await this.page.evaluate(async ({ name, changed }) => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('skillrouter-own');
      const writable = await (await folder.getFileHandle(name)).createWritable();
      await writable.write(new Uint8Array(changed));
      await writable.close();
    }, { name, changed });
  }
}

const it = test.extend({ own: async ({ page }, use) => use(new OwnPage(page)) });

it('a folder of 200 skills: added, searched, there at the next visit, read again, deleted', async ({ own, page, context }) => {
  test.setTimeout(300_000);
  await own.open();
  await own.ask(TASK);
  await expect(own.options.first().locator('.name')).not.toHaveText('trombone-polish');
  await page.waitForLoadState('networkidle'); // Cards and bodies are fetched ahead.
  const requests = [];
  context.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
  const files = manySkills(N_SKILLS);
  const copies = { '.git/old/SKILL.md': TROMBONE, 'node_modules/a/SKILL.md': TROMBONE, 'brass/README.md': '# Brass', 'brass/skill.md': TROMBONE };
  await own.chooseFolder(writeFolder('my-skills', { ...files, ...copies }));
  await expect(own.element.locator('#work-text')).toHaveText(/my-skills: Learning what they are for, \d+ of 200/, { timeout: EMBEDDED_MS });
  await expect(own.element.getByRole('progressbar')).toHaveAttribute('value', /\d+/);
  await own.expectOutcome('my-skills: 200 skills.');
  await own.expectSources(['my-skills 200 skills']);
  await own.expectFirst('trombone-polish'); // The question that stands was asked again.
  expect(requests.filter((request) => !request.startsWith('GET /pkg/builder/'))).toEqual([]); // Nothing is sent.

  await own.options.first().click();
  await expect(page.getByRole('dialog')).toContainText('Do it with care.');
  await page.keyboard.press('Escape');
  requests.length = 0;
  await own.reload();
  await own.expectSources(['my-skills 200 skills']);
  await own.ask(TASK);
  await own.expectFirst('trombone-polish');
  expect(requests.filter((request) => request.includes('/pkg/builder/'))).toEqual([]);

  const { '.claude/skills/crate-7/SKILL.md': gone, ...rest } = files;
  expect(gone).toBeDefined();
  const changed = { ...rest, '.claude/skills/crate-9/SKILL.md': skill('crate-9', 'Counts marbles in crate number nine.') };
  await own.chooseFolder(writeFolder('my-skills', changed));
  await own.element.getByRole('button', { name: 'Read it again' }).click();
  await own.expectOutcome('my-skills: 199 skills (1 new or changed, 198 as before, 1 gone).');
  await own.expectSources(['my-skills 199 skills']);

  await own.element.getByRole('button', { name: 'Delete my-skills' }).click();
  await expect(own.sources).toHaveCount(0);
  await expect(own.element.getByRole('button', { name: 'Choose a folder' })).toBeFocused();
  await expect(own.options.first().locator('.name')).not.toHaveText('trombone-polish');
  expect(await own.files()).toEqual([]);
  expect(await own.own()).toEqual({ n_skills: 0, bytes: 0, sources: [] });
});

it('a zip of 200 skills', async ({ own }) => {
  test.setTimeout(180_000);
  await own.open();
  const files = Object.fromEntries(Object.entries(manySkills(N_SKILLS)).map(([path, text]) => [`bundle/${path}`, text]));
  await own.chooseFiles(writeZip('bundle.zip', [...entriesOf(files), { name: 'bundle/film.mov', bytes: 2 ** 31 }], { comment: 'PK and more' }));
  await own.expectOutcome('bundle: 200 skills.');
  await own.expectSources(['bundle 200 skills']);
  await own.ask(TASK);
  const [route] = await own.page.evaluate(() => document.querySelector('skill-search').answer.routes);
  expect(route).toMatchObject({ id: 'bundle/brass/trombone', source: 'bundle', own: true, license: 'MIT', name: 'trombone-polish' });
});

it('cancelled in the middle: everything is as it was, and questions were answered meanwhile', async ({ own }) => {
  test.setTimeout(180_000);
  await own.open();
  await own.chooseFolder(writeFolder('few', { 'a/SKILL.md': skill('pear-tree', 'Prunes pear trees in winter.') }));
  await own.expectOutcome('few: 1 skill.');
  const before = { own: await own.own(), files: await own.files() };
  await own.chooseFolder(writeFolder('many', manySkills(N_SKILLS)));
  await expect(own.element.locator('#work-text')).toHaveText(/[1-9]\d* of 200/, { timeout: EMBEDDED_MS });
  await own.ask('prune a pear tree');
  await own.expectFirst('pear-tree');
  await expect(own.work).toBeVisible(); // The question did not wait for it.
  await own.element.getByRole('button', { name: 'Cancel' }).click();
  await own.expectOutcome('Cancelled: nothing was changed.');
  await expect(own.element.getByRole('button', { name: 'Choose a folder' })).toBeFocused();
  expect(await own.own()).toEqual(before.own);
  expect(await own.files()).toEqual(before.files);
  await own.ask(TASK);
  await expect(own.options.first().locator('.name')).not.toHaveText('trombone-polish');
  await own.chooseFolder(writeFolder('more', { 'b/SKILL.md': TROMBONE })); // The next one works.
  await own.expectOutcome('more: 1 skill.');
});

it('a reload in the middle loses nothing that was embedded', async ({ page }) => {
  const n_skills = 40;
  const n_before = 10;
  const files = manySkills(n_skills);
  const add = (n_enough) => page.evaluate(async ({ files, n_enough }) => {
    const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
    const router = await SkillRouter.open({ reranker: null });
    const given = Object.entries(files).map(([path, text]) => ({ path: `mine/${path}`, file: new Blob([text]) }));
    return new Promise((resolve, reject) => {
      const onProgress = ({ stage, done }) => stage === 'embedding' && done >= n_enough && resolve(done);
      router.addOwn(given, { source: 'mine', onProgress }).then(resolve, reject);
    });
  }, { files, n_enough });
  await page.goto('bench.html?scan=none&tokens=none');
  const done = await add(n_before);
  expect(done).toBeLessThan(n_skills);
  await page.reload();
  const added = await add(Infinity);
  expect(added).toMatchObject({ n_skills, kept: true });
  expect(added.n_embedded).toBeLessThanOrEqual(n_skills - n_before);
  const names = await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('skillrouter-own');
    return Array.fromAsync(folder.keys());
  });
  expect(names.filter((name) => name.startsWith('embedded-'))).toEqual([]);
  const first = await page.evaluate(async (task) => {
    const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
    const router = await SkillRouter.open({ reranker: null });
    return (await router.route(task, { mode: 'dense' })).routes[0].name; // Its vector is its own.
  }, TASK);
  expect(first).toBe('trombone-polish');
});

it('a tab that waits for another says so', async ({ own, context }) => {
  test.setTimeout(180_000);
  await own.open();
  const other = new OwnPage(await context.newPage());
  await other.open();
  await own.chooseFolder(writeFolder('many', manySkills(N_SKILLS)));
  await expect(own.element.locator('#work-text')).toHaveText(/[1-9]\d* of 200/, { timeout: EMBEDDED_MS });
  await other.chooseFolder(writeFolder('few', { 'a/SKILL.md': skill('pear-tree', 'Prunes pear trees in winter.') }));
  await expect(other.element.locator('#work-text')).toHaveText('few: Waiting for another tab, which is changing your skills');
  await own.page.bringToFront();
  await own.element.getByRole('button', { name: 'Cancel' }).click();
  await other.expectOutcome('few: 1 skill.');
});

it('errors by file, and the rest is added', async ({ own }) => {
  await own.open();
  await own.chooseFolder(writeFolder('mixed', {
    'good/SKILL.md': TROMBONE,
    'binary/SKILL.md': Buffer.from([0x4d, 0x5a, 0, 1, 2, 3]),
    'empty/SKILL.md': ' \n',
    'large/SKILL.md': 'x'.repeat((4 << 20) + 1),
  }));
  await own.expectOutcome('mixed: 1 skill.');
  const skipped = await own.skipped();
  expect(skipped).toHaveLength(3);
  expect(skipped[0]).toMatch(/^mixed\/binary\/SKILL\.md: .*binary/);
  expect(skipped[1]).toMatch(/^mixed\/empty\/SKILL\.md: .*empty/);
  expect(skipped[2]).toMatch(/^mixed\/large\/SKILL\.md: .*4 MB/);
  await own.chooseFolder(writeFolder('nothing', { 'README.md': '# Nothing' }));
  await own.expectOutcome(/^There is no SKILL\.md in nothing/);
  const broken = test.info().outputPath('broken.zip');
  writeFileSync(broken, zipFile(entriesOf({ 'a/SKILL.md': TROMBONE })).subarray(0, 60));
  await own.chooseFiles(broken);
  await own.expectOutcome('broken: no file could be read, so nothing was changed.');
  expect(await own.skipped()).toEqual([expect.stringMatching(/^broken\.zip: it is not a zip file, or it is damaged/)]);
  await own.expectSources(['mixed 1 skill']);
});

it('many errors are counted, and the first are listed', async ({ own }) => {
  await own.open();
  const bad = Array.from({ length: 60 }, (_, i) => ({ name: `bad-${i}/SKILL.md`, content: '' }));
  await own.chooseFiles(writeZip('bad.zip', [{ name: 'good/SKILL.md', content: TROMBONE }, ...bad]));
  await own.expectOutcome('bad: 1 skill.');
  await expect(own.outcomes.locator('summary')).toHaveText('60 files were left out');
  const skipped = await own.skipped();
  expect(skipped).toHaveLength(51);
  expect(skipped[50]).toBe('and 10 more');
});

it('hostile names and texts are text', async ({ own, page }) => {
  await own.open();
  const evil = '<img src=x onerror="window.harmed=1">\u202egpj.';
  await own.chooseFiles(writeZip(`${evil.replaceAll('/', '')}.zip`, [
    { name: `../../../etc/${evil}/SKILL.md`, content: skill(`"${evil.replaceAll('"', "'")}"`, `"<script>window.harmed=2</script> trombone"`) },
    { name: '__proto__/SKILL.md', content: TROMBONE },
    { name: `C:\\Windows\\${evil}\\SKILL.md`, content: '' },
  ]));
  await expect(own.sources).toHaveCount(1, { timeout: EMBEDDED_MS });
  await expect(own.sources).toContainText('<img src=x onerror=');
  await expect(own.sources).toContainText('2 skills');
  expect((await own.skipped())[0]).toMatch(/<img.*empty/);
  await own.ask('trombone');
  await expect(own.options.first()).toBeVisible();
  await expect(own.element.locator('img, script, a, [onerror]')).toHaveCount(0);
  expect(await own.element.evaluate(({ shadowRoot }) => /[\u202d\u202e]/.test(shadowRoot.textContent))).toBe(false);
  expect(await page.evaluate(() => window.harmed)).toBeUndefined();
});

it('without space they are searched, and the page says that they will be gone', async ({ own, page, context }) => {
  await own.open();
  await own.chooseFolder(writeFolder('before', { 'a/SKILL.md': skill('pear-tree', 'Prunes pear trees in winter.') }));
  await own.expectOutcome('before: 1 skill.');
  const kept = await own.files();
  const devtools = await context.newCDPSession(page);
  const { usage } = await page.evaluate(() => navigator.storage.estimate());
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize: usage + 100_000 });
  await own.chooseFolder(writeFolder('large', { 'b/SKILL.md': skill('trombone-polish', 'Polishes trombones.', randomBytes(1 << 20).toString('hex')) }));
  await own.expectOutcome(/^large: 1 skill\. They are searched now, but not kept: this browser has no space to keep them/);
  await own.expectSources(['before 1 skill', 'large 1 skill']);
  await own.ask(TASK);
  await own.expectFirst('trombone-polish');
  expect(await own.files()).toEqual(kept); // What was written in part is gone.
  await own.element.getByRole('button', { name: 'Delete before' }).click(); // This makes room for nothing: the other one is as large as it was.
  await own.expectSources(['large 1 skill']);
  expect(await own.files()).toEqual([]);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin });
  await own.reload();
  await own.expectSources([]);
});

it('where a browser keeps no files, they are there until the page is closed', async ({ page, baseURL }) => {
  await page.goto(`${baseURL.replace('127.0.0.1', 'plain.test')}index.html?reranker=none`);
  const router = await openRouter(page, { reranker: null });
  const { added, names, left } = await router.evaluate(async (router, { text, task }) => {
    const added = await router.addOwn([{ path: 'plain/trombone/SKILL.md', file: new Blob([text]) }], { source: 'plain' });
    const { routes } = await router.route(task);
    return { added, names: routes.map(({ name }) => name), left: await router.removeOwn('plain') };
  }, { text: TROMBONE, task: TASK });
  expect(added).toMatchObject({ n_skills: 1, kept: false, reason: expect.stringContaining('this browser keeps no files for this page') });
  expect(names[0]).toBe('trombone-polish');
  expect(left.n_skills).toBe(0);
});

it('says exactly what was done, and refuses what cannot be', async ({ page }) => {
  await page.goto('index.html?reranker=none');
  const router = await openRouter(page, { reranker: null });
  const add = (files, source = 'mine') => router.evaluate(async (router, { files, source }) => {
    const given = Object.entries(files).map(([path, text]) => ({ path, file: new Blob([text]) }));
    return router.addOwn(given, { source }).catch(({ code, message }) => ({ code, message }));
  }, { files, source });
  const jam = skill('plum-jam', 'Boils plums to jam.');
  const files = { 'mine/a/SKILL.md': TROMBONE, 'mine/b/SKILL.md': jam, 'mine/c/SKILL.md': skill('pear-tree', 'Prunes pear trees.') };
  const done = { source: 'mine', skipped: [], kept: true };
  expect(await add(files)).toEqual({ ...done, n_skills: 3, n_embedded: 3, n_unchanged: 0, n_removed: 0 });
  expect(await add(files)).toEqual({ ...done, n_skills: 3, n_embedded: 0, n_unchanged: 3, n_removed: 0 });
  const changed = { 'mine/a/SKILL.md': TROMBONE, 'mine/moved/SKILL.md': jam, 'mine/c/SKILL.md': skill('pear-tree', 'Prunes old pear trees.') };
  expect(await add(changed)).toEqual({ ...done, n_skills: 3, n_embedded: 1, n_unchanged: 2, n_removed: 1 });
  expect(await add({ 'x/SKILL.md': jam }, 'other')).toEqual({ ...done, source: 'other', n_skills: 1, n_embedded: 0, n_unchanged: 1, n_removed: 0 });
  expect(await add({ 'mine/README.md': 'none' })).toMatchObject({ code: 'not-found', message: expect.stringContaining('no SKILL.md in mine') });
  expect(await add({ 'a/SKILL.md': TROMBONE }, ' ')).toMatchObject({ code: 'malformed' });
  expect(await add({ 'a/SKILL.md': '' })).toMatchObject({ n_skills: 0, n_removed: 0, kept: true }); // None could be read: nothing was changed.
  const own = await router.evaluate((router) => router.own());
  expect(own.sources).toEqual([{ source: 'mine', n_skills: 3 }, { source: 'other', n_skills: 1 }]);
  const { id, body } = await router.evaluate(async (router, task) => {
    const { routes: [{ id, skill_idx }] } = await router.route(task, { rerank: 10 });
    return { id, body: await router.body(skill_idx) };
  }, TASK);
  expect([id, body]).toEqual(['mine/a', '# trombone-polish\n\nDo it with care.']);
  expect(await router.evaluate((router) => router.removeOwn('mine'))).toMatchObject({ n_skills: 1, sources: [{ source: 'other', n_skills: 1 }] });
  expect(await router.evaluate((router) => router.removeOwn())).toEqual({ n_skills: 0, bytes: 0, sources: [] });
});

it('two tabs: what one adds or deletes, the other has', async ({ own, context }) => {
  test.setTimeout(180_000);
  await own.open();
  const other = new OwnPage(await context.newPage());
  await other.open();
  await other.ask(TASK);
  // Both at once: one waits for the other, and neither is lost.
  await own.chooseFolder(writeFolder('first', { 'a/SKILL.md': TROMBONE, 'b/SKILL.md': skill('plum-jam', 'Boils plums to jam.') }));
  await other.chooseFolder(writeFolder('second', { 'c/SKILL.md': skill('pear-tree', 'Prunes pear trees in winter.') }));
  for (const tab of [own, other]) await tab.expectSources(['first 2 skills', 'second 1 skill']);
  await other.expectFirst('trombone-polish');
  await own.ask('prune a pear tree');
  await own.expectFirst('pear-tree');
  await other.page.bringToFront();
  await other.element.getByRole('button', { name: 'Delete first' }).click();
  await own.expectSources(['second 1 skill']);
  await own.page.bringToFront();
  await own.element.getByRole('button', { name: 'Delete second' }).click();
  for (const tab of [own, other]) await expect(tab.sources).toHaveCount(0);
  expect(await own.files()).toEqual([]);
});

it('skills that were added with another model are embedded again', async ({ own, site }) => {
  await own.open();
  await own.chooseFolder(writeFolder('mine', { 'a/SKILL.md': TROMBONE, 'b/SKILL.md': skill('plum-jam', 'Boils plums to jam.') }));
  await own.expectOutcome('mine: 2 skills.');
  await own.changeFile(/^index\.json$/, (text) => changeManifest(text, ({ encoder }) => {
    encoder.name = 'another-encoder';
    for (const key of Object.keys(encoder)) if (/^[0-9a-f]{64}$/.test(encoder[key])) encoder[key] = '0'.repeat(64);
  }));
  const requests = site.watch();
  await own.reload();
  await expect.poll(() => own.own(), { timeout: EMBEDDED_MS }).toMatchObject({ n_skills: 2, sources: [{ source: 'mine', n_skills: 2 }] });
  await expect.poll(async () => (await own.own()).reason, { timeout: EMBEDDED_MS }).toBeUndefined();
  await expect(own.element.locator('#reason')).toBeHidden();
  expect(requests.filter((url) => url.includes('/pkg/builder/'))).not.toEqual([]); // That is what did it.
  await own.ask(TASK);
  await own.expectFirst('trombone-polish');
  requests.length = 0;
  await own.reload(); // And it was kept.
  await own.ask(TASK);
  await own.expectFirst('trombone-polish');
  expect(requests.filter((url) => url.includes('/pkg/builder/'))).toEqual([]);
});

for (const [what, pattern, change] of [
  ['a damaged file', /^lexical/, flipByte],
  ['a damaged list', /^index\.json$/, (text) => Buffer.from(text.toString().slice(0, -20))],
]) {
  it(`${what} on the device is said, with the remedy, and harms nothing else`, async ({ own, page }) => {
    await own.open();
    await own.chooseFolder(writeFolder('mine', { 'a/SKILL.md': TROMBONE }));
    await own.expectOutcome('mine: 1 skill.');
    await own.changeFile(pattern, change);
    await own.reload();
    await expect(own.element.locator('#reason')).toHaveText(/^Not searched now: your own skills.*cannot be read.*delete them and add them again\.$/);
    await own.ask('turn these receipts into a spreadsheet');
    await own.expectFirst('receipts-to-spreadsheet');
    await own.element.getByRole('button', { name: 'Delete all' }).click();
    await expect(own.element.locator('#reason')).toBeHidden();
    expect(await own.files()).toEqual([]);
    await own.chooseFolder(writeFolder('mine', { 'a/SKILL.md': TROMBONE }));
    await own.expectOutcome('mine: 1 skill.');
    await page.getByRole('combobox').fill(TASK);
    await own.expectFirst('trombone-polish');
  });
}

it('a folder that the browser remembers is read again with one press', async ({ own, page }) => {
  await page.addInitScript(() => {
    // A folder of the origin's own stands for one of the disk: no test can answer the browser's dialog.
    window.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true });
    FileSystemHandle.prototype.requestPermission = async () => 'granted';
  });
  await own.open({ picker: true });
  const write = (path, text) => page.evaluate(async ({ path, text }) => {
    let folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true });
    const [name, ...folders] = path.split('/').reverse();
    for (const part of folders.reverse()) folder = await folder.getDirectoryHandle(part, { create: true });
    const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await writable.write(text);
    await writable.close();
  }, { path, text });
  await write('brass/trombone/SKILL.md', TROMBONE);
  await write('.git/trombone/SKILL.md', TROMBONE);
  await own.element.getByRole('button', { name: 'Choose a folder' }).click();
  await own.expectOutcome('picked: 1 skill.');
  await own.reload();
  await write('plums/SKILL.md', skill('plum-jam', 'Boils plums to jam.'));
  await own.element.getByRole('button', { name: 'Read picked again' }).click();
  await own.expectOutcome('picked: 2 skills (1 new or changed, 1 as before).');
  await own.element.getByRole('button', { name: 'Choose a folder' }).click(); // The browser knows that it is the same.
  await own.expectOutcome('picked: 2 skills (2 as before).');
});

it('what is dropped is taken: folders, zip files, single files', async ({ own, page, context }) => {
  await own.open();
  const folder = writeFolder('dropped', { ...manySkills(3), 'SKILL.md': skill('plum-jam', 'Boils plums to jam.') });
  const loose = join(writeFolder('elsewhere', { 'SKILL.md': TROMBONE }), 'SKILL.md');
  const zip = writeZip('packed.skill', entriesOf({ 'SKILL.md': skill('pear-tree', 'Prunes pear trees in winter.') }));
  const devtools = await context.newCDPSession(page);
  const zone = own.element.locator('#drop');
  await zone.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await zone.boundingBox();
  const drag = (type, files) => devtools.send('Input.dispatchDragEvent', {
    type, x: x + width / 2, y: y + height / 2, data: { items: [], files, dragOperationsMask: 1 },
  });
  await drag('dragEnter', [folder, loose, zip]);
  await drag('dragOver', [folder, loose, zip]);
  await expect(zone).toHaveClass(/over/);
  await drag('drop', [folder, loose, zip]);
  await expect(zone).not.toHaveClass(/over/);
  await own.expectSources(['dropped 4 skills', 'files 1 skill', 'packed 1 skill']);
  await expect(own.work).toBeHidden();
  await drag('dragEnter', [loose]);
  await drag('drop', [loose]);
  await own.expectOutcome('files 2: 1 skill (1 as before).'); // Single files do not replace others.
});

it('on the page of the demo, files may be dropped anywhere', async ({ demo, page, context }) => {
  await demo.open();
  await page.waitForFunction(() => customElements.get('own-skills'));
  const file = join(writeFolder('elsewhere', { 'SKILL.md': TROMBONE }), 'SKILL.md');
  const { x, y } = await page.locator('.wordmark').boundingBox();
  const devtools = await context.newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await devtools.send('Input.dispatchDragEvent', { type, x: x + 5, y: y + 5, data: { items: [], files: [file], dragOperationsMask: 1 } });
  }
  const own = new OwnPage(page);
  await own.expectOutcome('files: 1 skill.');
  await own.ask(TASK);
  await own.expectFirst('trombone-polish');
  await expect(page).toHaveURL(/index\.html/);
});

it('another folder of the same name does not push out the first', async ({ own, page }) => {
  await own.open();
  await own.chooseFolder(writeFolder('one/skills', { 'a/SKILL.md': TROMBONE }));
  await own.expectOutcome('skills: 1 skill.');
  const second = writeFolder('two/skills', { 'b/SKILL.md': skill('plum-jam', 'Boils plums to jam.') });
  await own.chooseFolder(second);
  const question = own.element.getByRole('group', { name: /There is a source called skills already/ });
  await expect(question.getByRole('button', { name: 'Read it again' })).toBeFocused();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(question).toBeHidden();
  await own.chooseFolder(second);
  await question.getByRole('button', { name: 'Keep both' }).click();
  await own.expectOutcome('skills 2: 1 skill.');
  await own.expectSources(['skills 1 skill', 'skills 2 1 skill']);
  await own.element.getByRole('button', { name: 'Delete all' }).click();
  await expect(own.sources).toHaveCount(0);
  expect(await page.evaluate(async () => (await document.querySelector('own-skills').router.own()).n_skills)).toBe(0);
});

it('a second visit without a network has them', async ({ browser }) => {
  const context = await browser.newContext({ serviceWorkers: 'allow' });
  const server = await serveSite();
  try {
    const page = await context.newPage();
    await page.goto(server.url);
    await page.evaluate(() => navigator.serviceWorker.ready);
    const router = await openRouter(page, { reranker: null });
    const added = await router.evaluate(async (router, text) => {
      const progress = [];
      const files = [{ path: 'mine/trombone/SKILL.md', file: new Blob([text]) }];
      const added = await router.addOwn(files, { source: 'mine', onProgress: ({ stage }) => progress.push(stage) });
      return { added, progress, own: await router.own() };
    }, TROMBONE);
    expect(added.added).toEqual({ source: 'mine', n_skills: 1, n_embedded: 1, n_unchanged: 0, n_removed: 0, skipped: [], kept: true });
    expect([...new Set(added.progress)]).toEqual(['reading', 'embedding', 'saving']);
    expect(added.own).toMatchObject({ n_skills: 1, sources: [{ source: 'mine', n_skills: 1 }] });
    await router.evaluate((router) => router.ready);
    await server.close();
    await page.goto(server.url);
    const again = await openRouter(page, { reranker: null });
    await expect.poll(() => again.evaluate(async (router, task) => (await router.route(task)).routes[0].name, TASK)).toBe('trombone-polish');
  } finally {
    await context.close();
    await server.close().catch(() => {});
  }
});

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    for (const width of [1280, 390]) {
      it(`accessible at a width of ${width}`, async ({ own, page }) => {
        await page.setViewportSize({ width, height: 800 });
        await own.open();
        await own.chooseFolder(writeFolder('mine', { 'a/SKILL.md': TROMBONE, 'b/SKILL.md': '' }));
        await own.expectOutcome('mine: 1 skill.');
        await own.skipped();
        await own.chooseFolder(writeFolder('other/mine', { 'a/SKILL.md': TROMBONE }));
        await expect(own.element.getByRole('button', { name: 'Keep both' })).toBeVisible();
        const { violations } = await new AxeBuilder({ page }).include('own-skills').analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
      });
    }
  });
}

/** What is found in one zip file: each skill with its text or the reason why it cannot be read, and what was left out at once. */
async function found(bytes, name = 'pack.zip') {
  const { skills, skipped } = await findSkills([{ path: name, file: new Blob([bytes]) }], 'pack');
  const read = async ({ folder, read }) => [folder, await read().then((bytes) => Buffer.from(bytes).toString(), (error) => error.message)];
  return { skills: Object.fromEntries(await Promise.all(skills.map(read))), skipped };
}

/** A blob is read piece by piece. @param {Buffer} bytes */
function piecesOf(bytes, n_bytes = 64 << 10) {
  return Array.from({ length: Math.ceil(bytes.length / n_bytes) }, (_, i) => bytes.subarray(i * n_bytes, (i + 1) * n_bytes));
}

/** Counts the bytes that are read of its parts. */
class CountingBlob extends Blob {
  n_read = 0;

  slice(...range) {
    const part = super.slice(...range);
    const [stream, arrayBuffer] = [part.stream.bind(part), part.arrayBuffer.bind(part)];
    const count = (bytes) => {
      this.n_read += bytes.byteLength;
      return bytes;
    };
    part.stream = () => stream().pipeThrough(new TransformStream({ transform: (chunk, controller) => controller.enqueue(count(chunk)) }));
    part.arrayBuffer = async () => count(await arrayBuffer());
    return part;
  }
}

/** An archive of nothing but a list. @param {Buffer} list */
function archiveOf(list) {
  const end = zipFile([]);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(list.length, 12);
  return Buffer.concat([list, end]);
}

test.describe('zip files', () => {
  test('packed or not, with a comment, behind another file', async () => {
    const entries = [{ name: 'a/SKILL.md', content: TROMBONE }, { name: 'b/SKILL.md', content: 'stored', method: 0 }, { name: 'b/SKILL.md.bak', content: '' }];
    const expected = { skills: { a: TROMBONE, b: 'stored' }, skipped: [] };
    expect(await found(zipFile(entries))).toEqual(expected);
    expect(await found(zipFile(entries, { comment: 'a PK\x05\x06 comment', before: Buffer.from('#!/bin/sh\n') }))).toEqual(expected);
    expect(await found(zipFile([{ name: 'SKILL.md', content: 'alone' }]), 'PACK.ZIP')).toEqual({ skills: { PACK: 'alone' }, skipped: [] });
  });

  test('the folder that holds everything is the source', async () => {
    expect((await found(zipFile(entriesOf({ 'pack/a/SKILL.md': '1', 'pack/b/SKILL.md': '2' })))).skills).toEqual({ a: '1', b: '2' });
    expect((await found(zipFile(entriesOf({ 'pack/SKILL.md': '1' })))).skills).toEqual({ '': '1' });
  });

  test('paths lead nowhere, and twins are told', async () => {
    const { skills, skipped } = await found(zipFile(entriesOf({ '../../a/SKILL.md': '1', '/a/SKILL.md': '2', 'b\\.\\SKILL.md': '3' })));
    expect(skills).toEqual({ a: '1', b: '3' });
    expect(skipped).toEqual([{ path: 'pack.zip//a/SKILL.md', reason: expect.stringContaining('another SKILL.md for a') }]);
  });

  test('no more comes out than a skill may have, whatever the list says', async () => {
    const bomb = Buffer.alloc(64 << 20);
    const { skills } = await found(zipFile([
      { name: 'honest/SKILL.md', content: bomb },
      { name: 'lying/SKILL.md', content: bomb, bytes: 100 },
      { name: 'film.mov', content: bomb },
    ]));
    expect(skills).toEqual({ honest: expect.stringContaining('larger than the 4 MB'), lying: expect.stringContaining('damaged') });
  });

  test('what turns out larger than the list says is not read to its end', async () => {
    const content = randomBytes(16 << 20);
    for (const method of [0, 8]) {
      const archive = new CountingBlob(piecesOf(zipFile([{ name: 'lying/SKILL.md', content, method, bytes: 100 }])));
      const { skills } = await findSkills([{ path: 'pack.zip', file: archive }], 'pack');
      await expect(skills[0].read()).rejects.toThrow('damaged');
      expect(archive.n_read, `method ${method}`).toBeLessThan(1 << 20);
    }
  });

  test('a list that is too long is told', async () => {
    const skipped = [{ path: 'pack.zip', reason: expect.stringContaining('more than 65,534 entries') }];
    const entries = Array.from({ length: 65_535 }, (_, i) => ({ name: `${i}`, packed: Buffer.alloc(0) }));
    expect(await found(zipFile(entries.slice(1)))).toEqual({ skills: {}, skipped: [] });
    expect(await found(zipFile(entries))).toEqual({ skills: {}, skipped });
    expect(await found(archiveOf(Buffer.alloc(65 << 20)))).toEqual({ skills: {}, skipped });
  });

  test('each broken entry has its reason', async () => {
    const { skills } = await found(zipFile([
      { name: 'checksum/SKILL.md', content: 'x', checksum: 1 },
      { name: 'encrypted/SKILL.md', content: 'x', flags: 1 },
      { name: 'method/SKILL.md', content: 'x', method: 12 },
      { name: 'rubbish/SKILL.md', content: 'x', packed: Buffer.from([0xff, 0xff, 0xff, 0xff]) },
      { name: 'size/SKILL.md', content: 'xyz', bytes: 2 },
      { name: 'well/SKILL.md', content: 'x' },
    ]));
    expect(skills).toEqual({
      checksum: expect.stringContaining('damaged'), encrypted: expect.stringContaining('encrypted'), method: expect.stringContaining('(12)'),
      rubbish: expect.stringContaining('damaged'), size: expect.stringContaining('damaged'), well: 'x',
    });
  });

  test('each truncated archive is an error, and none is anything else', async () => {
    const whole = zipFile(entriesOf({ 'a/SKILL.md': TROMBONE }));
    for (let length = 0; length < whole.length; length++) {
      const { skills, skipped } = await found(whole.subarray(0, length));
      expect({ skills, skipped }, `${length} bytes`).toEqual({ skills: {}, skipped: [{ path: 'pack.zip', reason: expect.stringMatching(/zip file/) }] });
    }
  });

  test('each changed byte gives a skill, a reason, or nothing', async () => {
    const whole = zipFile(entriesOf({ 'a/SKILL.md': 'short', 'b/SKILL.md': 'other' }));
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] ^= 0xff;
      const { skills, skipped } = await found(changed);
      const known = Object.values(skills).filter((text) => /^(short|other)$/.test(text)).length;
      const told = Object.values(skills).filter((text) => /damaged|packed by|encrypted|larger/.test(text)).length;
      expect(known + told, `byte ${at}`).toBe(Object.keys(skills).length);
      for (const { reason } of skipped) expect(reason, `byte ${at}`).toMatch(/zip file|another SKILL\.md/);
    }
  });
});

test('can be imported where there is no document', async () => {
  const { OwnSkills } = await import('../../www/own-skills.js');
  expect(OwnSkills.name).toBe('OwnSkills');
});
