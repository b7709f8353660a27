/**
 * Writes the list of files that the page's service worker keeps: `node www/shell.mjs target/site > target/site/sw-files.js`.
 *
 * The shell is what index.html needs, with all that its scripts may import; the rest of the site's code is kept once it was
 * used. Builds of the engine that few visitors need, and index and models, which assets.js keeps, are not part of the shell.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const CODE = /\.(?:html|css|js|mjs|wasm|svg|png|webmanifest)$/;
const FOR_FEW = /^pkg\/(?:gpu\/|builder\/|vendor\/zip)/;
/** Not fetched by a page that a worker keeps: the worker, and what is for those who build. */
const NOT_KEPT = /^(?:sw(?:-files)?\.js|index\/|models\/)/;

const [, , site] = process.argv;
const files = readdirSync(site, { recursive: true }).filter((name) => CODE.test(name) && !NOT_KEPT.test(name)).sort();

const shell = new Set();
function add(name) {
  if (shell.has(name) || FOR_FEW.test(name)) return;
  shell.add(name);
  for (const other of mentioned(name)) add(other);
}

/** The files of the site that a file names, relative to itself. */
function mentioned(name) {
  const pattern = { '.html': /(?:href|src)="([^"#?:]+)"/g, '.js': /["'`](\.\.?\/[^"'`?#]+)["'`]/g, '.mjs': /["'`](\.\.?\/[^"'`?#]+)["'`]/g }[posix.extname(name)];
  if (!pattern) return [];
  const paths = [...readFileSync(join(site, name), 'utf8').matchAll(pattern)].map(([, path]) => posix.join(posix.dirname(name), path));
  // A page that index.html links to is not part of it.
  return paths.filter((path) => files.includes(path) && !path.endsWith('.html'));
}

add('index.html');
const later = files.filter((name) => !shell.has(name));
console.log(`self.SHELL = ${JSON.stringify(['./', ...shell], null, 2)};\nself.LATER = ${JSON.stringify(later, null, 2)};`);
