/**
 * The recipes for bundlers: what they build answers, on the CPU and on a GPU, and takes a visitor's own skills.
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { follow } from './recipes.js';
import { expect, SKILL, test } from './test.js';

/** In the place of the recipe's script: uses everything that a bundler could lose. */
const EVERYTHING = `
  import { SkillRouter } from 'skillrouter';
  const device = new URLSearchParams(location.search).get('device');
  const router = await SkillRouter.open({ device });
  await router.ready;
  const own = new Blob(['---\\nname: trombone-polish\\ndescription: Polishes a trombone.\\n---\\n\\nPolish it.\\n']);
  const { n_skills } = device === 'gpu' ? { n_skills: 0 } : await router.addOwn([{ path: 'own/trombone/SKILL.md', file: own }], { source: 'own' });
  document.body.textContent = router.about().models[0].device.kind + ' ' + n_skills;`;

test.describe.configure({ timeout: 600_000 });

/** Where the index is before a bundler builds. */
const INDEX = { vite: 'public/index', webpack: 'dist/index', esbuild: 'dist/index', rollup: 'dist/index' };

// One after another in one project, which has installed the package once.
test('recipes for bundlers', async ({ page, gpuPage, project }) => {
  const app = await project();
  await follow('bundler', app);
  for (const [name, index] of Object.entries(INDEX)) {
    await test.step(name, async () => {
      await rm(join(app.folder, 'dist'), { recursive: true, force: true });
      await app.addIndex(index);
      await follow('bundler-script', app);
      await follow(name, app);
      await follow(`${name}-build`, app);
      const address = await app.serve('dist');
      await page.goto(address);
      await expect(page.locator('body')).toHaveText(new RegExp(`^${SKILL}, `), { timeout: 120_000 });

      await app.write({ 'src/main.js': EVERYTHING });
      await follow(`${name}-build`, app);
      await page.goto(`${address}?device=cpu`);
      await expect(page.locator('body')).toHaveText('cpu 1', { timeout: 120_000 });
      await gpuPage.goto(`${address}?device=gpu`);
      await expect(gpuPage.locator('body')).toHaveText('gpu 0', { timeout: 120_000 });
    });
  }
});
