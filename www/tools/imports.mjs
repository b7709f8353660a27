/**
 * Which files a script names, by a parser and not by its looks: the offline list, the extension, the minifier and the tests
 * all follow imports with this.
 */

import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

import { parseSync, Visitor } from 'rolldown/utils';

/**
 * A name in a script, with the place of its literal in the text, quotes included.
 *
 * `kind`: `import` (also `export … from`), `dynamic` (`import('…')`), `url` (`new URL('…', import.meta.url)`), `script`
 * (`importScripts('…')`) or `type` (`import('…')` in a declaration). `is_head`: a template, of which `name` is the beginning.
 * @typedef {{ kind: 'import' | 'dynamic' | 'url' | 'script' | 'type', name: string, is_head: boolean, start: number, end: number }} Named
 */

/**
 * Everything that a script names.
 * @param {string} code
 * @param {string} file its name, whose ending tells the language
 * @returns {Named[]} in their order
 */
export function namesIn(code, file) {
  /** @type {Named[]} */
  const names = [];
  const add = (/** @type {Named['kind']} */ kind, /** @type {any} */ literal) => {
    const text = textOf(literal);
    if (text) names.push({ kind, ...text, start: literal.start, end: literal.end });
  };
  const addSource = (/** @type {{ source: any }} */ { source }) => {
    if (source) add('import', source);
  };
  new Visitor({
    ImportDeclaration: addSource,
    ExportNamedDeclaration: addSource,
    ExportAllDeclaration: addSource,
    ImportExpression: ({ source }) => add('dynamic', source),
    TSImportType: ({ source }) => add('type', source),
    NewExpression({ callee, arguments: [path, base] }) {
      if (callee.type === 'Identifier' && callee.name === 'URL' && isImportMetaUrl(base)) add('url', path);
    },
    CallExpression({ callee, arguments: paths }) {
      if (isImportScripts(callee)) for (const path of paths) add('script', path);
    },
  }).visit(programOf(code, file));
  return names.sort((a, b) => a.start - b.start);
}

/** @param {string} code @param {string} file its name, whose ending tells the language */
export function programOf(code, file) {
  const { program, errors } = parseSync(file, code, { sourceType: 'module' });
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  return program;
}

/**
 * The file that a name leads to.
 * @param {string} from the file that names it
 * @param {Named} named
 * @returns {string | null} null for packages, addresses of other places, folders, and names that are known in part
 */
export function targetOf(from, { kind, name, is_head }) {
  const is_relative = /^\.\.?\//.test(name) || ((kind === 'url' || kind === 'script') && !/^([a-z]+:|\/)/i.test(name));
  if (!is_relative || is_head || name.endsWith('/')) return null;
  return posix.join(posix.dirname(from), name.replace(/[?#].*/, ''));
}

/**
 * All files that entries lead to, themselves included.
 * @param {Iterable<string>} entries paths in the folder
 * @param {object} options
 * @param {string} [options.folder] where they lie
 * @param {(path: string) => string} [options.read] the text of a file; from the folder by default
 * @param {(path: string, named: Named | null) => boolean} [options.isWanted] whether a file is followed, and part of the result
 * @returns {Set<string>}
 */
export function follow(entries, { folder = '.', read = (path) => readFileSync(join(folder, path), 'utf8'), isWanted = () => true }) {
  const found = new Set([...entries].filter((path) => isWanted(path, null)));
  for (const path of found) { // It grows meanwhile.
    if (!/\.[mc]?[jt]s$/.test(path)) continue;
    for (const named of namesIn(read(path), path)) {
      const target = targetOf(path, named);
      if (target !== null && isWanted(target, named)) found.add(target);
    }
  }
  return found;
}

/** @param {any} node @returns {{ name: string, is_head: boolean } | null} null where only running the script would tell */
function textOf(node) {
  if (node?.type === 'Literal' && typeof node.value === 'string') return { name: node.value, is_head: false };
  if (node?.type === 'TemplateLiteral') return { name: node.quasis[0].value.cooked, is_head: node.expressions.length > 0 };
  return null;
}

/** @param {any} node */
function isImportMetaUrl(node) {
  return node?.type === 'MemberExpression' && node.object.type === 'MetaProperty' && node.property.name === 'url';
}

/** @param {any} callee */
function isImportScripts(callee) {
  return callee.name === 'importScripts' || callee.property?.name === 'importScripts';
}
