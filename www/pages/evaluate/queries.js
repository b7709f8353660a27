/**
 * Files of queries with known answers: what each shape means, and what is wrong with those that have none of them.
 */

import { SkillRouterError } from '../../shared/error.js';

/**
 * One query. `skills`: names or ids of the skills that it is about; null when the file does not say.
 * @typedef {{ query: string, skills: string[] | null, should_trigger: boolean }} Query
 *
 * Queries that are run together. `asks_skill`: someone has to say which skill those without one are for.
 * @typedef {{ label: string, queries: Query[], asks_skill: boolean }} QuerySet
 *
 * A file as it was chosen; `path` starts with the chosen folder's name where there is one.
 * @typedef {{ path: string, text: string }} QueryFile
 */

const EXPECTED = 'expected rows such as {"query": "…", "should_trigger": true}, or with "skill": "name" for several skills';
/** A page answers some hundred queries a second by words and some tens by meaning: this many take minutes. */
const MAX_QUERIES = 5000;
/** Longer than any task of a benchmark; a file in the wrong row would be. */
const MAX_QUERY_CHARS = 20_000;

/** @param {QueryFile[]} files at least one @returns {QuerySet} of all their queries */
export function readQueries(files) {
  const parsed = files.map(({ path, text }) => withSkill(parse(text, path), skillOfPath(path)));
  const queries = parsed.flat();
  if (queries.length > MAX_QUERIES) {
    throw wrong(labelOf(files), `${queries.length} queries are more than a page runs at once; keep at most ${MAX_QUERIES}`);
  }
  const unknown = files.filter((_, i) => parsed[i].some(({ skills }) => skills === null));
  if (unknown.length > 1) {
    const names = unknown.slice(0, 3).map(({ path }) => path).join(', ');
    throw wrong(names, 'these do not say which skills they are for; choose the skills’ folders instead, or one file at a time');
  }
  return { label: labelOf(files), queries, asks_skill: unknown.length === 1 };
}

/** @param {QuerySet} set @param {string} skill name or id for the queries that have none @returns {QuerySet} */
export function forSkill(set, skill) {
  return { ...set, label: `${skill}, ${set.label}`, queries: withSkill(set.queries, skill), asks_skill: false };
}

/** @param {string} path of a file in a chosen folder @returns {boolean} whether it is one of queries */
export function isQueryFile(path) {
  return /(^|\/)(evals\/[^/]+|eval_queries)\.(json|jsonl|ndjson)$/i.test(path);
}

/** The folder that `evals/` stands in is named like the skill. @param {string} path @returns {string | null} */
function skillOfPath(path) {
  const folders = path.split('/').slice(0, -1);
  if (folders.at(-1)?.toLowerCase() === 'evals') folders.pop();
  return folders.at(-1) ?? null;
}

/** @param {QueryFile[]} files */
function labelOf(files) {
  if (files.length === 1) return files[0].path;
  const [folder] = files[0].path.split('/');
  const in_folder = files.every(({ path }) => path.startsWith(`${folder}/`));
  return in_folder ? `${folder}/, ${files.length} files` : `${files.length} files`;
}

/** @param {Query[]} queries @param {string | null} skill @returns {Query[]} */
function withSkill(queries, skill) {
  return skill === null ? queries : queries.map((query) => ({ ...query, skills: query.skills ?? [skill] }));
}

/** @param {string} text @param {string} path for messages @returns {Query[]} */
function parse(text, path) {
  if (text.trim() === '') throw wrong(path, `the file is empty; ${EXPECTED}`);
  const { rows, place, skill } = rowsOf(text, path);
  if (rows.length === 0) throw wrong(path, `there is no query in it; ${EXPECTED}`);
  return rows.map((row, i) => queryOf(row, skill, (what) => wrong(path, `${place(i)}: ${what}`)));
}

/**
 * The rows of any of the shapes, how to call the place of one, and the skill that the file is for.
 * @param {string} text
 * @param {string} path
 * @returns {{ rows: any[], place: (i: number) => string, skill?: any }}
 */
function rowsOf(text, path) {
  const row = (/** @type {number} */ i) => `row ${i + 1}`;
  const whole = attempt(() => JSON.parse(text));
  if (Array.isArray(whole.value)) return { rows: whole.value, place: row };
  if (Array.isArray(whole.value?.evals)) return { rows: whole.value.evals, place: row, skill: whole.value.skill_name };
  if (whole.error === undefined && !isRow(whole.value)) throw wrong(path, `it is JSON, but holds no queries; ${EXPECTED}`);
  if (!text.trimStart().startsWith('{')) throw wrong(path, `it is not JSON (${whole.error.message}); ${EXPECTED}`);
  const lines = text.split('\n').map((line, i) => ({ line, number: i + 1 })).filter(({ line }) => line.trim() !== '');
  const rows = lines.map(({ line, number }) => {
    const { value, error } = attempt(() => JSON.parse(line));
    if (error) throw wrong(path, `line ${number} is not JSON (${error.message}); expected one list, or a row on each line`);
    return value;
  });
  return { rows, place: (i) => `line ${lines[i].number}` };
}

/** @param {() => any} work */
function attempt(work) {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

/** @param {any} value */
function isRow(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && ('query' in value || 'prompt' in value);
}

/** @param {any} row @param {any} skill_of_file @param {(what: string) => Error} wrongRow @returns {Query} */
function queryOf(row, skill_of_file, wrongRow) {
  if (!isRow(row)) throw wrongRow(`there is no "query"; ${EXPECTED}`);
  const { query = row.prompt, skill = row.skill_name ?? skill_of_file, should_trigger = true } = row;
  if (typeof query !== 'string' || query.trim() === '') throw wrongRow('the query is not a text; write the task in quotes');
  if (query.length > MAX_QUERY_CHARS) throw wrongRow(`the query has ${query.length} characters; keep to ${MAX_QUERY_CHARS}`);
  if (typeof should_trigger !== 'boolean') throw wrongRow('"should_trigger" is neither true nor false; write it without quotes');
  return { query: query.trim(), skills: skillsOf(skill, wrongRow), should_trigger };
}

/** @param {unknown} skill @param {(what: string) => Error} wrongRow */
function skillsOf(skill, wrongRow) {
  if (skill === undefined || skill === null) return null;
  /** @type {any[]} as the file has it */
  const skills = [skill].flat();
  const named = skills.length > 0 && skills.every((name) => typeof name === 'string' && name.trim() !== '');
  if (!named) throw wrongRow('"skill" names none; give the name or id of one skill, or a list of them');
  return [...new Set(skills.map((name) => name.trim()))];
}

/** @param {string} path @param {string} what */
function wrong(path, what) {
  return new SkillRouterError('malformed', `${path}: ${what}`);
}
