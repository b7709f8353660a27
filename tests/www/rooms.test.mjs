/**
 * The rooms of `www/` and the directions between them: who may import whom, on which thread a file may live, and no circle.
 * `node --test tests/www/`.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Visitor } from 'rolldown/utils';

import { namesIn, programOf, targetOf } from '../../www/tools/imports.mjs';

const WWW = fileURLToPath(new URL('../../www/', import.meta.url));

/**
 * From which rooms a room may import; from itself always. A room is a folder, or a file of the root, each of which is a door.
 * `pkg/…` are the builds of the engine and the libraries, which `make pkg` makes.
 */
const ALLOWED = {
  shared: [],
  messages: ['shared'],
  storage: ['shared', 'pkg/search'],
  'engine/own': ['shared', 'pkg/builder', 'pkg/vendor'],
  engine: ['shared', 'messages', 'storage', 'engine/own', 'pkg/search', 'pkg/cpu', 'pkg/gpu'],
  'client.js': ['shared', 'messages', 'engine/worker.js'],
  'node.js': ['shared', 'engine', 'pkg/search', 'pkg/cpu'],
  elements: ['shared'],
  'elements/skill-search': ['shared', 'messages', 'elements', 'client.js', 'pkg/vendor'],
  'elements/own-skills': ['shared', 'elements'],
  'elements/map': ['shared', 'elements'],
  'skill-search.js': ['shared', 'elements', 'elements/skill-search'],
  'own-skills.js': ['shared', 'elements', 'elements/own-skills'],
  pages: [],
  'pages/demo': ['shared', 'elements', 'skill-search.js', 'own-skills.js'],
  'pages/evaluate': ['shared', 'elements', 'elements/map', 'client.js'],
  'pages/bench': ['storage', 'elements', 'pkg/search', 'pkg/cpu', 'pkg/gpu'], // The one page that has the engine in itself: it measures it.
  extension: ['shared', 'messages', 'storage', 'elements', 'client.js', 'skill-search.js', 'own-skills.js'],
  'extension/helper': ['shared', 'elements', 'extension'],
  'sw.js': [],
  tools: [],
};

/** What a client hands to the browser as a worker, and does not import. */
const WORKERS = new Set(['engine/worker.js']);
/** Rooms whose code runs, or may run, outside of a page. */
const WITHOUT_PAGE = new Set(['shared', 'messages', 'storage', 'engine', 'engine/own', 'node.js', 'sw.js']);
/** Those that know no worker either. */
const ANYWHERE = new Set(['shared', 'messages']);
/** Names that only a page has. What a type checker without the DOM finds too; here is what no checker with it would. */
const OF_THE_PAGE = new Set([
  'document', 'window', 'customElements', 'localStorage', 'sessionStorage', 'history', 'alert', 'getComputedStyle', 'matchMedia', 'requestAnimationFrame',
  'requestIdleCallback', 'Document', 'DocumentFragment', 'Element', 'HTMLElement', 'Node', 'ShadowRoot', 'CSSStyleSheet', 'DOMParser', 'Image',
  'MutationObserver', 'ResizeObserver', 'IntersectionObserver',
]);
/** Names that only a worker has, or that speak to the other thread. */
const OF_A_WORKER = new Set(['postMessage', 'importScripts', 'self', 'WorkerGlobalScope', 'DedicatedWorkerGlobalScope', 'ServiceWorkerGlobalScope']);

const FILES = readdirSync(WWW, { recursive: true }).filter((name) => /\.m?js$/.test(name)).sort();
const CODE = new Map(FILES.map((file) => [file, readFileSync(posix.join(WWW, file), 'utf8')]));

/** @param {string} file @returns {string} its folder, or itself in the root */
function roomOf(file) {
  const folder = posix.dirname(file);
  if (file.startsWith('pkg/')) return folder.split('/').slice(0, 2).join('/');
  return folder === '.' ? file : folder;
}

/** What a file imports, and what it has the browser load, of this folder. @param {string} file */
function importsOf(file) {
  const named = namesIn(CODE.get(file), file).filter(({ kind }) => kind !== 'script');
  return named.map((one) => ({ ...one, target: targetOf(file, one) })).filter(({ target }) => target !== null);
}

/** @param {Map<string, Iterable<string>>} graph @returns {string[]} each as a chain that ends where it begins */
function circlesIn(graph) {
  const circles = [];
  const state = new Map();
  const visit = (node, path) => {
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') return void circles.push([...path.slice(path.indexOf(node)), node].join(' -> '));
    state.set(node, 'open');
    for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
    state.set(node, 'done');
  };
  for (const node of graph.keys()) visit(node, []);
  return circles;
}

test('every file lies in a room', () => {
  assert.deepEqual(FILES.filter((file) => !Object.hasOwn(ALLOWED, roomOf(file))), []);
  const rooms = new Set(FILES.map(roomOf));
  assert.deepEqual(Object.keys(ALLOWED).filter((room) => !rooms.has(room)), [], 'rooms that are no more');
});

test('every import resolves', () => {
  const missing = FILES.flatMap((file) => importsOf(file).filter(({ target }) => !target.startsWith('pkg/') && !CODE.has(target)).map(({ name }) => `${file}: ${name}`));
  assert.deepEqual(missing, []);
});

test('imports go in allowed directions only', () => {
  const wrong = [];
  for (const file of FILES) {
    const room = roomOf(file);
    for (const { target } of importsOf(file)) {
      const other = roomOf(target);
      const is_allowed = other === room || ALLOWED[room].includes(other) || ALLOWED[room].includes(target);
      if (!is_allowed) wrong.push(`${file} imports ${target}: ${room} may import from ${ALLOWED[room].join(', ') || 'nothing'}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('every allowed direction is used', () => {
  const used = new Set(FILES.flatMap((file) => importsOf(file).flatMap(({ target }) => [`${roomOf(file)} ${roomOf(target)}`, `${roomOf(file)} ${target}`])));
  const unused = Object.entries(ALLOWED).flatMap(([room, others]) => others.filter((other) => !used.has(`${room} ${other}`)).map((other) => `${room} ${other}`));
  assert.deepEqual(unused, []);
});

test('no circle of rooms, none of files', () => {
  const files = new Map(FILES.map((file) => [file, importsOf(file).map(({ target }) => target)]));
  assert.deepEqual(circlesIn(files), []);
  const rooms = new Map(Object.keys(ALLOWED).map((room) => [room, new Set()]));
  for (const file of FILES) {
    for (const { target } of importsOf(file)) if (roomOf(target) !== roomOf(file)) rooms.get(roomOf(file)).add(roomOf(target));
  }
  assert.deepEqual(circlesIn(rooms), []);
});

test('only a client starts a worker', () => {
  const starts = FILES.flatMap((file) => importsOf(file).filter(({ kind, target }) => kind !== 'url' && WORKERS.has(target)).map(() => file));
  assert.deepEqual(starts, [], 'a worker is handed to the browser, not imported');
});

test('code that runs outside of a page does not know of one', () => {
  const wrong = [];
  for (const file of FILES) {
    const room = roomOf(file);
    if (!WITHOUT_PAGE.has(room)) continue;
    for (const name of globalsOf(file)) {
      if (OF_THE_PAGE.has(name) || (ANYWHERE.has(room) && OF_A_WORKER.has(name))) wrong.push(`${file} uses ${name}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** Identifiers of a file that stand for a value, its own ones included: none of ours is called like a global. @param {string} file */
function globalsOf(file) {
  const program = programOf(CODE.get(file), file);
  const names = new Set();
  const fields = new Set(); // Names behind a dot, and of properties.
  new Visitor({
    MemberExpression({ object, property, computed }) {
      if (computed) return;
      fields.add(property);
      if (object.type === 'Identifier' && (object.name === 'globalThis' || object.name === 'self')) names.add(property.name);
    },
    Property({ key, computed, shorthand }) {
      if (!computed && !shorthand) fields.add(key);
    },
    MethodDefinition: ({ key }) => fields.add(key),
    PropertyDefinition: ({ key }) => fields.add(key),
  }).visit(program);
  new Visitor({ Identifier: (node) => !fields.has(node) && names.add(node.name) }).visit(program);
  return names;
}
