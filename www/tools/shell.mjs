/**
 * Writes the list of files that the page's service worker keeps: `node www/tools/shell.mjs target/site > target/site/sw-files.js`.
 *
 * The shell is what index.html needs, with all that its scripts may import; the rest of the site's code is kept once it was
 * used. Builds of the engine that few visitors need, and index and models, which assets.js keeps, are not part of the shell.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { follow } from './imports.mjs';

const CODE = /\.(?:html|css|js|mjs|wasm|svg|png|webmanifest)$/;
const FOR_FEW = /^pkg\/(?:gpu\/|builder\/|vendor\/zip)/;
/** Not fetched by a page that a worker keeps: the worker, and what is for those who build. */
const NOT_KEPT = /^(?:sw(?:-files)?\.js|index\/|models\/)/;

const [, , site] = process.argv;
const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => CODE.test(name) && !NOT_KEPT.test(name)).sort();

const PAGE = 'index.html';
const named = [...readFileSync(join(site, PAGE), 'utf8').matchAll(/(?:href|src)="([^"#?:]+)"/g)].map(([, path]) => path);
// A page that this one links to is not part of it.
const isWanted = (/** @type {string} */ name) => files.includes(name) && !FOR_FEW.test(name) && !name.endsWith('.html');
const shell = new Set([PAGE, ...follow(named, { folder: site, isWanted })]);
const later = files.filter((name) => !shell.has(name));
console.log(`self.SHELL = ${JSON.stringify(['./', ...shell], null, 2)};\nself.LATER = ${JSON.stringify(later, null, 2)};`);
