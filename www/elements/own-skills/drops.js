/**
 * Files that somebody drags over a place and drops there. Other things that are dragged, such as a text, are not touched.
 */

/**
 * @param {EventTarget} place where they may be dropped
 * @param {HTMLElement} zone which shows that it would take them
 * @param {(transfer: DataTransfer) => void} onDrop
 * @returns {() => void} ends it
 */
export function takeDrops(place, zone, onDrop) {
  const listening = new AbortController();
  const listen = (/** @type {string} */ type, /** @type {(event: DragEvent, transfer: DataTransfer) => void} */ act) =>
    place.addEventListener(type, (event) => {
      const { dataTransfer } = /** @type {DragEvent} */ (event);
      if (dataTransfer?.types.includes('Files')) act(/** @type {DragEvent} */ (event), dataTransfer);
    }, { signal: listening.signal });
  listen('dragover', (event, transfer) => {
    event.preventDefault();
    transfer.dropEffect = 'copy';
    zone.classList.add('over');
  });
  listen('dragleave', ({ relatedTarget }) => {
    const is_inside = relatedTarget !== null && /** @type {Node} */ (place).contains(/** @type {Node} */ (relatedTarget));
    if (!is_inside) zone.classList.remove('over');
  });
  listen('drop', (event, transfer) => {
    event.preventDefault();
    zone.classList.remove('over');
    onDrop(transfer);
  });
  return () => listening.abort();
}
