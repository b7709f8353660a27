/**
 * What some browsers have and TypeScript's library of the DOM does not know.
 */

interface DataTransferItem {
  /** https://wicg.github.io/file-system-access/#drag-and-drop */
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

interface FileSystemHandle {
  /** https://wicg.github.io/file-system-access/#api-filesystemhandle */
  requestPermission?(options: { mode: 'read' }): Promise<PermissionState>;
}

/** https://wicg.github.io/file-system-access/#api-showdirectorypicker */
declare var showDirectoryPicker: undefined | ((options: { id: string; mode: 'read' }) => Promise<FileSystemDirectoryHandle>);

/** https://wicg.github.io/manifest-incubations/#beforeinstallpromptevent-interface */
interface BeforeInstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

interface WindowEventMap {
  beforeinstallprompt: BeforeInstallPromptEvent;
}

interface Performance {
  /** Of Chromium alone. */
  memory?: { usedJSHeapSize: number };
}
