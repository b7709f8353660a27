/**
 * Texts for people: sizes, sentences, and words of others that must not turn the text around them.
 */

/** @param {number} bytes @returns {string} as people read it */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} KB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Text in which nothing turns the direction of what follows: shown, an override can make a word read as another. @param {string} text */
export function withoutOverrides(text) {
  return text.replace(/[\u202d\u202e]/g, '\ufffd');
}

/**
 * The message of an error as a sentence: messages begin small, unless a file's name comes first, and end without a dot.
 * @param {string} message
 */
export function sentence(message) {
  return message.replace(/^[a-z]+(?= )/, (word) => word[0].toUpperCase() + word.slice(1)).replace(/([^.!?])$/, '$1.');
}
