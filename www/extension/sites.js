/**
 * Addresses that people type, as the match patterns by which the browser asks for and grants access: one site, never more.
 */

const LOCAL_HOSTS = ['localhost', '127.0.0.1'];

/**
 * @param {string} text what somebody typed, with or without `https://`
 * @returns {URL}
 * @throws {Error} that says what is wrong with it
 */
export function addressOf(text) {
  const typed = text.trim();
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`);
  if (typed === '' || !url) throw new Error('This is not an address. An address looks like https://example.com/.');
  const is_local = LOCAL_HOSTS.includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && is_local)) {
    throw new Error('The address has to begin with https://. Only localhost may be reached by http://.');
  }
  url.username = url.password = url.search = url.hash = '';
  return url;
}

/** @param {URL} url @returns {string} the match pattern of its origin */
export function patternOf(url) {
  return `${url.origin}/*`;
}

/** @param {string} pattern @returns {string} as people read it */
export function siteOf(pattern) {
  return pattern.replace(/\/\*$/, '').replace(/^https:\/\//, '');
}

/** @param {string} pattern */
export function isGranted(pattern) {
  return chrome.permissions.contains({ origins: [pattern] });
}
