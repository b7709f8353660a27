/**
 * Bytes as hexadecimal digits.
 */

/** @param {Uint8Array} bytes @returns {string} two small digits a byte */
export function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
