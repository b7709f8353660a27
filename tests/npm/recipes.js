/**
 * The recipes of README.md and docs/recipes.md, so that what they say is what is tested: code blocks with `recipe=NAME` behind the language.
 * A block with `file=PATH` is the content of a file, a block in `sh` is run; both in the order in which they stand.
 */

import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const TEXTS = ['../../README.md', '../../docs/recipes.md'].map((path) => readFileSync(new URL(path, import.meta.url), 'utf8'));
const BLOCK = /^```(\w+) recipe=(\S+)(?: file=(\S+))?\n([\s\S]*?)^```$/gm;

/**
 * Follows a recipe in a project.
 * @param {string} name
 * @param {import('./project.js').Project} project
 * @returns {Promise<string>} what the last command printed
 */
export async function follow(name, project) {
  const blocks = TEXTS.flatMap((text) => [...text.matchAll(BLOCK)]).filter(([, , recipes]) => recipes.split(',').includes(name));
  if (blocks.length === 0) throw new Error(`there is no recipe ${name}`);
  let printed = '';
  for (const [, language, , file, text] of blocks) {
    if (file) {
      await mkdir(join(project.folder, dirname(file)), { recursive: true });
      await writeFile(join(project.folder, file), text);
    } else if (language === 'sh') {
      printed = await project.run(text);
    } else {
      throw new Error(`the recipe ${name} has a block in ${language} without a file`);
    }
  }
  return printed;
}
