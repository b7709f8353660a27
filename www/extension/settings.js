/**
 * What a user has set, as `chrome.storage.local` keeps it on this device: the own index, and the helper's sites and wording.
 */

/**
 * @typedef {object} Settings
 * @property {string | null} index_url folder of the user's own index; null for the catalogue that comes with the extension
 * @property {string[]} helper_sites match patterns of the sites on which the helper is wanted
 * @property {'insert' | 'copy'} helper_action what choosing a suggestion does
 * @property {string} invocation what it inserts or copies, with the skill's name in the place of `{name}`
 */

/** @type {Settings} */
export const DEFAULTS = { index_url: null, helper_sites: [], helper_action: 'insert', invocation: 'Use the "{name}" skill.' };

/** @returns {Promise<Settings>} */
export function readSettings() {
  return /** @type {Promise<any>} */ (chrome.storage.local.get(DEFAULTS));
}

/** @param {Partial<Settings>} settings those that change */
export function writeSettings(settings) {
  return chrome.storage.local.set(settings);
}
