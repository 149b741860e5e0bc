import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from 'node:fs';

/**
 * A file that every process of the store watches and that is written after each commit. Ringing says "look again" and
 * nothing more: rings may be lost (a process killed between commit and ring, no more inotify watches), so whoever
 * listens looks by itself from time to time as well.
 */
export class Doorbell {
  readonly #file: number;
  readonly #watcher: FSWatcher | undefined;

  constructor(path: string, heard: () => void) {
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      this.#watcher = watch(path, { persistent: false }, heard);
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // Without a watch there is still the looking from time to time.
    }
  }

  ring(): void {
    try {
      writeSync(this.#file, '.', 0);
    } catch {
      // A full disk: others see the change when they look by themselves.
    }
  }

  close(): void {
    this.#watcher?.close();
    closeSync(this.#file);
  }
}
