/**
 * Properties that a page set on an element before its class was loaded.
 */

/**
 * Sets a property again that hides the accessor of the class.
 * @param {HTMLElement} element
 * @param {string} name
 */
export function takeEarly(element, name) {
  if (!Object.hasOwn(element, name)) return;
  const value = Reflect.get(element, name);
  Reflect.deleteProperty(element, name);
  Reflect.set(element, name, value);
}
