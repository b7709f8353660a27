/**
 * Skills of the index by name or id. An index has no list of names that a page could read at once, so they are searched for.
 */

/** @typedef {import('../../client.js').Route} Route */

/** Skills with the same words in their names come close together. */
const TOP = 50;
const N_SUGGESTIONS = 8;

/** @param {Route} route @param {string} named name or id @returns {boolean} */
export function isSkill({ name, id }, named) {
  return id === named || name.toLowerCase() === named.toLowerCase();
}

/**
 * @param {import('../../client.js').SkillRouter} router
 * @param {string} named name or id
 * @returns {Promise<Omit<Route, 'score'> | null>} the one with that id, else the best with that name
 */
export async function findSkill(router, named) {
  const { routes } = await router.route(named, { mode: 'lexical', top: TOP });
  const found = routes.find(({ id }) => id === named) ?? routes.find((route) => isSkill(route, named));
  if (!found) return null;
  const { skill_idx, name, id, description, source, license } = found; // Its scores are those of its name.
  return { skill_idx, name, id, description, source, license };
}

/** @param {import('../../client.js').SkillRouter} router @param {string} typed the beginning of a name @returns {Promise<string[]>} names like it */
export async function suggestSkills(router, typed) {
  const { routes } = await router.route(typed, { mode: 'lexical', top: N_SUGGESTIONS, typing: true });
  return [...new Set(routes.map(({ name }) => name))];
}
