/**
 * What the tests of the package share: the packed package, and a project that is removed afterwards.
 */

import { chromium, test as base } from '@playwright/test';

import { pack, Project, ROOT } from './project.js';
import { startRegistry } from './registry.js';

export { expect } from '@playwright/test';

/** A task of the catalogue, and the skill for it. */
export const TASK = 'turn these receipts into a spreadsheet';
export const SKILL = 'receipts-to-spreadsheet';

export const test = base.extend({
  packed: [async ({}, use) => {
    const packed = await pack();
    await use(packed);
    await packed.remove();
  }, { scope: 'worker', timeout: 600_000 }],
  registry: [async ({}, use) => {
    const { url, stop } = await startRegistry(ROOT);
    await use(url);
    stop();
  }, { scope: 'worker' }],
  /** A page with WebGPU in software. */
  gpuPage: async ({}, use) => {
    const args = ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
    await use(await browser.newPage());
    await browser.close();
  },
  /** Makes a project. @returns {(files?: Record<string, string>) => Promise<Project>} */
  project: async ({ packed: { tarball }, registry }, use) => {
    const projects = [];
    await use(async (files) => {
      const project = await Project.create({ tarball, registry }, files);
      projects.push(project);
      return project;
    });
    await Promise.all(projects.map((project) => project.remove()));
  },
});
