/**
 * Prints the queries of the catalogue's skills as the page "Evaluate an index" reads them: `node www/tools/queries.mjs`.
 */

import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../catalogues/starter/', import.meta.url);
const skills = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
const rows = skills.flatMap((skill) => {
  const queries = JSON.parse(readFileSync(new URL(`${skill}/evals/eval_queries.json`, folder), 'utf8'));
  return queries.map((/** @type {{ query: string, should_trigger: boolean }} */ { query, should_trigger }) => ({ query, skill, should_trigger }));
});
console.log(JSON.stringify(rows));
