/**
 * Remembers folders that somebody picked, by the name of their source, so that they can be read again with one press. A
 * browser that offers no such handles, or keeps none, remembers nothing, which is no error: then the folder is picked again.
 */

const DATABASE = 'skillrouter-own';
const STORE = 'folders';

/** @returns {Promise<Map<string, FileSystemDirectoryHandle>>} */
export async function rememberedFolders() {
  const entries = await inStore('readonly', (store) => [store.getAllKeys(), store.getAll()]);
  /** @type {[string[], FileSystemDirectoryHandle[]]} as `rememberFolder` put them there */
  const [names, handles] = /** @type {any} */ (entries) ?? [[], []]; // A database tells no types.
  return new Map(names.map((name, i) => [name, handles[i]]));
}

/** @param {string} source @param {FileSystemDirectoryHandle} handle */
export async function rememberFolder(source, handle) {
  await inStore('readwrite', (store) => [store.put(handle, source)]);
}

/** @param {string} [source] all of them without it */
export async function forgetFolder(source) {
  await inStore('readwrite', (store) => [source === undefined ? store.clear() : store.delete(source)]);
}

/**
 * @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest[]} use
 * @returns {Promise<any[] | null>} results of the requests; null where there is no database
 */
async function inStore(mode, use) {
  try {
    const database = await opened();
    try {
      const transaction = database.transaction(STORE, mode);
      const requests = use(transaction.objectStore(STORE));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      return requests.map(({ result }) => result);
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
