/**
 * Which files and folders somebody gives have to do with skills, by their paths alone.
 */

/** As the command line program has it: exactly this name. */
export const SKILL_FILE = 'SKILL.md';
/** `.skill` is what some programs call a zip file with a skill in it. */
const ZIP_NAME = /\.(zip|skill)$/i;
/** Folders that hold copies, of oneself or of others. */
const LEFT_OUT = new Set(['.git', 'node_modules']);

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

/** A path is only ever a name here: parts that would lead somewhere else are dropped. @param {string} path */
export function partsOf(path) {
  return path.split(/[\\/]+/).filter((part) => part !== '' && part !== '.' && part !== '..');
}
