/**
 * Finds the skills in what somebody gave: each SKILL.md with its folder within the source, those in zip files too. Nothing is
 * read before it is asked for.
 */

import { SkillRouterError } from './error.js';
import { listZip } from './own-archive.js';

/**
 * @typedef {import('./client.js').OwnFile} OwnFile
 *
 * @typedef {object} FoundSkill
 * @property {string} place where it was found, for people
 * @property {string} folder within the source; empty for the source itself
 * @property {() => Promise<Uint8Array>} read rejects when it is too large or cannot be read
 *
 * @typedef {{ path: string, reason: string }} Skipped
 */

/** As the command line program has it: exactly this name, and no larger than this. */
const SKILL_FILE = 'SKILL.md';
const SKILL_MAX_BYTES = 4 << 20;
/** `.skill` is what some programs call a zip file with a skill in it. */
const ZIP_NAME = /\.(zip|skill)$/i;
/** Folders that hold copies, of oneself or of others. */
const LEFT_OUT = new Set(['.git', 'node_modules']);

/**
 * @param {OwnFile[]} files
 * @param {string} source its name; where every skill lies in a folder of that name, the folder is the source
 * @returns {Promise<{ skills: FoundSkill[], skipped: Skipped[] }>} sorted, so that the order of picking makes no difference
 */
export async function findSkills(files, source) {
  const skipped = [];
  const found = [];
  for (const { path, file } of files) {
    if (isZip(path)) {
      try {
        found.push(...(await skillsOfZip(path, file)));
      } catch (error) {
        const prefix = `${path}: `;
        skipped.push({ path, reason: error.message.startsWith(prefix) ? error.message.slice(prefix.length) : unreadable(error) });
      }
    } else {
      found.push({ place: path, parts: partsOf(path), read: () => readFile(file) });
    }
  }
  const skills = found.filter(({ parts }) => parts.at(-1) === SKILL_FILE && !parts.some((part) => LEFT_OUT.has(part)));
  for (const { parts } of skills) parts.pop();
  while (skills.length > 0 && skills.every(({ parts }) => parts[0] === source)) skills.forEach(({ parts }) => parts.shift());
  skills.sort((a, b) => (a.place < b.place ? -1 : 1));
  return withoutTwins(skills.map(({ place, parts, read }) => ({ place, folder: parts.join('/'), read })), skipped);
}

/** @param {string} path */
export function isSkillFile(path) {
  return partsOf(path).at(-1) === SKILL_FILE;
}

/** @param {string} path */
export function isZip(path) {
  return ZIP_NAME.test(path);
}

/** The name of a zip file without its ending. @param {string} path */
export function withoutEnding(path) {
  return path.replace(ZIP_NAME, '');
}

/** Whether a folder is not even looked into. @param {string} name */
export function isLeftOut(name) {
  return LEFT_OUT.has(name);
}

async function skillsOfZip(path, file) {
  const entries = await listZip(file, path);
  return entries.map(({ name, read }) => ({
    place: `${path}/${name}`,
    parts: partsOf(`${withoutEnding(path)}/${name}`),
    read: () => read(SKILL_MAX_BYTES),
  }));
}

async function readFile(file) {
  if (file.size > SKILL_MAX_BYTES) throw new Error(`it is larger than the ${SKILL_MAX_BYTES >> 20} MB that a ${SKILL_FILE} may have`);
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new Error(unreadable(error), { cause: error });
  }
}

/** A path is only ever a name here: parts that would lead somewhere else are dropped. */
function partsOf(path) {
  return path.split(/[\\/]+/).filter((part) => part !== '' && part !== '.' && part !== '..');
}

function withoutTwins(skills, skipped) {
  const folders = new Set();
  const first = skills.filter(({ place, folder }) => {
    if (!folders.has(folder)) return folders.add(folder);
    skipped.push({ path: place, reason: `there is another ${SKILL_FILE} for ${folder === '' ? 'the source itself' : folder}; rename one of the folders` });
    return false;
  });
  return { skills: first, skipped };
}

function unreadable(error) {
  return error instanceof SkillRouterError ? error.message : `it could not be read (${error.message}); choose it again`;
}
