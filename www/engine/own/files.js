/**
 * Finds the skills in what somebody gave: each SKILL.md with its folder within the source, those in zip files too. Nothing is
 * read before it is asked for.
 */

import { SkillRouterError } from '../../shared/error.js';
import { isLeftOut, isZip, partsOf, SKILL_FILE, withoutEnding } from '../../shared/skill-paths.js';
import { listZip } from './archive.js';

/**
 * @typedef {import('../../client.js').OwnFile} OwnFile
 *
 * @typedef {object} FoundSkill
 * @property {string} place where it was found, for people
 * @property {string} folder within the source; empty for the source itself
 * @property {() => Promise<Uint8Array>} read rejects when it is too large or cannot be read
 *
 * @typedef {{ path: string, reason: string }} Skipped
 */

/** As the command line program has it. */
const SKILL_MAX_BYTES = 4 << 20;

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
  const skills = found.filter(({ parts }) => parts.at(-1) === SKILL_FILE && !parts.some(isLeftOut));
  for (const { parts } of skills) parts.pop();
  while (skills.length > 0 && skills.every(({ parts }) => parts[0] === source)) skills.forEach(({ parts }) => parts.shift());
  skills.sort((a, b) => (a.place < b.place ? -1 : 1));
  return withoutTwins(skills.map(({ place, parts, read }) => ({ place, folder: parts.join('/'), read })), skipped);
}

/** @param {string} path @param {Blob} file */
async function skillsOfZip(path, file) {
  const entries = await listZip(file, path);
  return entries.map(({ name, read }) => ({
    place: `${path}/${name}`,
    parts: partsOf(`${withoutEnding(path)}/${name}`),
    read: () => read(SKILL_MAX_BYTES),
  }));
}

/** @param {Blob} file */
async function readFile(file) {
  if (file.size > SKILL_MAX_BYTES) throw new Error(`it is larger than the ${SKILL_MAX_BYTES >> 20} MB that a ${SKILL_FILE} may have`);
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new Error(unreadable(error), { cause: error });
  }
}

/** @param {FoundSkill[]} skills @param {Skipped[]} skipped */
function withoutTwins(skills, skipped) {
  const folders = new Set();
  const first = skills.filter(({ place, folder }) => {
    if (!folders.has(folder)) return folders.add(folder);
    skipped.push({ path: place, reason: `there is another ${SKILL_FILE} for ${folder === '' ? 'the source itself' : folder}; rename one of the folders` });
    return false;
  });
  return { skills: first, skipped };
}

/** @param {Error} error */
function unreadable(error) {
  return error instanceof SkillRouterError ? error.message : `it could not be read (${error.message}); choose it again`;
}
