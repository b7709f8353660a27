/**
 * Makes the scripts of a site smaller, in place: `node www/tools/minify.mjs target/site`. Comments and long names are for those who read
 * the sources, and a third of what a visitor would download. The page and its worker become one file each, with what is imported later
 * beside them, since each step of imports is a way to the server and back before the first answer.
 *
 * All other modules stay what they are, for sites that take `<skill-search>` or the client alone.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve } from 'node:path';

import { build } from 'rolldown';
import { minifySync } from 'rolldown/utils';

import { namesIn, targetOf } from './imports.mjs';

const site = resolve(process.argv[2]);

for (const entry of ['pages/demo/demo.js', 'engine/worker.js']) {
  const dir = dirname(join(site, entry));
  const { output } = await build({
    input: join(site, entry),
    external: /\/pkg\//, // Engines, which are told apart by their addresses, and libraries, which come when they are needed.
    plugins: [{ name: 'addresses', transform: (code, path) => withAddressesFrom(dir, code, path) }],
    output: { dir, format: 'esm', entryFileNames: '[name].js', chunkFileNames: `${posix.basename(entry, '.js')}-[name].js` },
    write: false,
  });
  for (const chunk of output) if (chunk.type === 'chunk') writeFileSync(join(dir, chunk.fileName), chunk.code);
}

for (const name of readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => /\.m?js$/.test(name))) {
  const path = join(site, name);
  const { code, errors } = minifySync(name, readFileSync(path, 'utf8'), { module: true });
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
  writeFileSync(path, code);
}

/**
 * A bundler moves imports with the code that has them, but not the addresses of `new URL('…', import.meta.url)`.
 * @param {string} dir @param {string} code @param {string} path
 */
function withAddressesFrom(dir, code, path) {
  let moved = code;
  for (const named of namesIn(code, path).filter(({ kind }) => kind === 'url').reverse()) {
    const target = targetOf(path, named);
    if (target) moved = `${moved.slice(0, named.start)}'${relative(dir, target)}'${moved.slice(named.end)}`;
  }
  return moved;
}
