/**
 * A skill as the file that agents read: SKILL.md from its card and its instructions.
 */

/** What JSON leaves as it is in a string and YAML does not take there, or takes for the end of a line. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** @param {import('../../client.js').Route} route @param {string} markdown @returns {string} */
export function skillFile({ name, description, license }, markdown) {
  const fields = Object.entries({ name, description, license }).map(([key, value]) => (value ? `${key}: ${quoted(value)}\n` : ''));
  return `---\n${fields.join('')}---\n\n${markdown}`;
}

/** Apart from some characters, strings of JSON are strings of YAML too. @param {string} text */
function quoted(text) {
  return JSON.stringify(text).replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
