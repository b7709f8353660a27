/**
 * The npm package: what is in it, and that everything docs/recipes.md says of it works in a project that has installed it.
 */

import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

import { namesIn, targetOf } from '../../www/tools/imports.mjs';
import { PACKAGE } from './project.js';
import { follow } from './recipes.js';
import { expect, SKILL, TASK, test } from './test.js';

test.describe.configure({ mode: 'default', timeout: 180_000 }); // One worker packs it once; busy machines take their time.

test('holds what its entries need, and nothing else', ({ packed }) => {
  const manifest = JSON.parse(read('package.json'));
  for (const field of ['private', 'scripts', 'dependencies', 'devDependencies']) expect(manifest).not.toHaveProperty(field);
  const entries = Object.values(manifest.exports).flatMap((entry) => (typeof entry === 'string' ? [] : Object.values(entry)));
  expect(packed.files.filter(isCode).sort()).toEqual(reachable(entries.map((path) => posix.normalize(path))));
  expect(packed.files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'models/skillrouter-mini-encoder/model.json']));
});

test('README: in a page', async ({ page, project }) => {
  const site = await project();
  await site.addIndex('index');
  await follow('page', site);
  await page.goto(await site.serve());
  await page.getByRole('combobox').fill(TASK);
  await expect(page.getByRole('option').first()).toContainText(SKILL, { timeout: 60_000 });
});

test('README: in JavaScript', async ({ page, project }) => {
  const site = await project();
  await site.addIndex('index');
  await follow('page', site);
  await follow('javascript', site);
  await site.write({ 'index.html': '<!doctype html><meta charset="utf-8"><script type="module" src="main.js"></script>' });
  const logged = page.waitForEvent('console', { predicate: (message) => message.type() === 'log', timeout: 60_000 });
  await page.goto(await site.serve());
  expect((await logged).text()).toMatch(new RegExp(`^${SKILL} .*# `, 's'));
});

test('recipe: a static site', async ({ page, project }) => {
  const site = await project();
  await site.addIndex('index');
  await follow('static', site);
  await page.goto(await site.serve());
  await page.getByRole('combobox').fill(TASK);
  await expect(page.getByRole('option').first()).toContainText(SKILL, { timeout: 60_000 });
});

test('recipe: a Node script', async ({ project }) => {
  const folder = await project();
  await folder.addIndex('index');
  const { fit, routes } = JSON.parse(await follow('node', folder));
  expect(fit.p).toBeGreaterThan(0.5);
  expect(routes).toHaveLength(3);
  expect(routes[0]).toMatchObject({ name: SKILL, description: expect.stringContaining('receipts') });
});

test('a page with an import map, and Node: the same answer', async ({ page, project }) => {
  const site = await project({
    'index.html': `<!doctype html>
      <script type="importmap">{ "imports": { "skillrouter": "./node_modules/skillrouter/client.js" } }</script>
      <script type="module">
        import { SkillRouter } from 'skillrouter';
        const router = await SkillRouter.open({ models: 'node_modules/skillrouter/models/', device: 'cpu' });
        const answer = await router.route('${TASK}', { top: 5 });
        document.body.textContent = JSON.stringify({ ...answer, timings_ms: null });
      </script>`,
    'ask.js': `
      import { SkillRouter } from 'skillrouter/node';
      const router = await SkillRouter.open({ index: 'index' });
      const answer = await router.route('${TASK}', { top: 5 });
      console.log(JSON.stringify({ ...answer, timings_ms: null }));`,
  });
  await site.addIndex('index');
  await site.install();
  await page.goto(await site.serve('.', ['--policy', ''])); // It has a script inside.
  await expect(page.locator('body')).toContainText('"stage":"reranked"', { timeout: 60_000 });
  const in_page = JSON.parse(await page.locator('body').textContent());
  expect(in_page.routes[0].name).toBe(SKILL);
  expect(JSON.parse(await site.run('node ask.js'))).toEqual(in_page);
});

/** @param {string} path @returns {string} of the package before it is packed */
function read(path) {
  return readFileSync(join(PACKAGE, path), 'utf8');
}

/** Modules and WebAssembly that entries need, themselves included. @param {string[]} entries @returns {string[]} sorted paths */
function reachable(entries) {
  const found = new Set(entries);
  for (const path of found) { // It grows meanwhile.
    if (path.endsWith('.wasm')) continue;
    for (const file of namesIn(read(path), path).map((named) => targetOf(path, named)).filter((file) => file !== null)) {
      // Types of a module stand beside it, and stand for it in other types.
      found.add(path.endsWith('.d.ts') ? file.replace(/(?<!\.d)\.m?[jt]s$/, '.d.ts') : file);
    }
  }
  return [...found].sort();
}

/** Types beside the engine's builds come from wasm-bindgen, and nobody imports them. */
function isCode(file) {
  return /\.m?js$|\.wasm$/.test(file) || /^[^/]+\.d\.ts$/.test(file);
}
