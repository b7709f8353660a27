/**
 * Puts the unpacked extension together: `node www/tools/extension.mjs target/extension target/site`.
 *
 * From the site come the modules that the extension's pages import, with the engine for the CPU, the model and the starter
 * catalogue, all in their places; the pages lie in `extension/` as they do in the sources. What is named and missing is an error.
 */

import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { rolldown } from 'rolldown';

import { follow } from './imports.mjs';

const SOURCES = fileURLToPath(new URL('../extension/', import.meta.url));
const PAGES = ['popup.html', 'panel.html', 'options.html', 'offscreen.html'];
/** The engine for the GPU is large, and the extension's model is small. */
const LEFT_OUT = /^pkg\/gpu\//;
/** What pages name, not modules. */
const ASSETS = ['icon.svg', 'pages/site.css'];

const [, , out, site] = process.argv;
if (!out || !site) throw new Error('usage: extension.mjs OUT SITE');

rmSync(out, { recursive: true, force: true });
copyPages();
await bundleHelper();
const { encoder } = copyIndex();
cpSync(join(site, 'models', encoder.name), join(out, 'models', encoder.name), { recursive: true });
copyModules();
for (const asset of ASSETS) copy(join(site, asset), join(out, asset));
checkNames();

function copyPages() {
  for (const name of readdirSync(SOURCES).filter((name) => /\.(html|css|js)$/.test(name))) copy(join(SOURCES, name), join(out, 'extension', name));
  cpSync(join(SOURCES, 'icons'), join(out, 'extension/icons'), { recursive: true });
  const manifest = readJson(join(SOURCES, 'manifest.json'));
  const { version } = readJson(join(SOURCES, '../../package.json'));
  writeFileSync(join(out, 'manifest.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
}

/** Content scripts cannot import, so this one becomes a single file. It shows no markdown, and the libraries for that fall away. */
async function bundleHelper() {
  const bundle = await rolldown({ input: join(SOURCES, 'helper/helper.js'), external: /\/pkg\/vendor\// });
  await bundle.write({ file: join(out, 'extension/helper.js'), format: 'iife', codeSplitting: false });
  await bundle.close();
}

/** The index, as it lists its own files. */
function copyIndex() {
  const index = readJson(join(site, 'index/index.json'));
  for (const name of ['index.json', ...Object.values(index.files).flat().map(({ file }) => file)]) {
    copy(join(site, 'index', name), join(out, 'index', name));
  }
  return index;
}

/** Whatever the extension's own modules reach, from file to file, WebAssembly included. */
function copyModules() {
  const scripts = readdirSync(join(out, 'extension')).filter((name) => name.endsWith('.js')).map((name) => `extension/${name}`);
  const read = (/** @type {string} */ path) => readFileSync(join(path.startsWith('extension/') ? out : site, path), 'utf8');
  for (const path of follow(scripts, { read, isWanted: (path) => !LEFT_OUT.test(path) })) {
    if (!path.startsWith('extension/')) copy(join(site, path), join(out, path));
  }
}

function checkNames() {
  const manifest = readJson(join(out, 'manifest.json'));
  /** @type {string[]} */
  const named = JSON.stringify(manifest).match(/extension\/[\w./-]+/g) ?? [];
  for (const page of PAGES) {
    const html = readFileSync(join(out, 'extension', page), 'utf8');
    for (const [, path] of html.matchAll(/(?:src|href)="([^":]+)"/g)) named.push(join('extension', path));
  }
  const missing = [...new Set(named)].filter((path) => !existsSync(join(out, path)));
  if (missing.length > 0) throw new Error(`the extension names files that it does not have: ${missing.join(', ')}`);
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** @param {string} from @param {string} to */
function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}
