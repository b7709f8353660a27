/**
 * Makes the scripts of a site smaller, in place: `node www/minify.mjs target/site`. Comments and long names are for those who
 * read the sources, and a third of what a visitor would download.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { minifySync } from 'rolldown/utils';

const [, , site] = process.argv;
for (const name of readdirSync(site, { recursive: true }).filter((name) => /\.m?js$/.test(name))) {
  const path = join(site, name);
  const { code, errors } = minifySync(name, readFileSync(path, 'utf8'), { module: true });
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
  writeFileSync(path, code);
}
