import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from 'node:fs';

/**
 * A file that every process of the store that observes it watches, and that is written after each commit. Ringing says
 * "look again" and nothing more: rings may be lost (a process killed between commit and ring, no more inotify watches),
 * so whoever listens looks by itself from time to time as well.
 */
export class Doorbell {
  readonly #path: string;
  readonly #heard: () => void;
  #file: number | undefined;
  #watcher: FSWatcher | undefined;
  #wasAsked = false;

  constructor(path: string, heard: () => void) {
    this.#path = path;
    this.#heard = heard;
  }

  /** Calls `heard` after each ring from now on. Most commands never do: they read, and end. */
  listen(): void {
    if (this.#wasAsked) return;
    this.#wasAsked = true;
    try {
      this.#open();
      this.#watcher = watch(this.#path, { persistent: false }, this.#heard);
      this.#watcher.on('error', () => this.#deaf());
    } catch {
      // Without a watch there is still the looking from time to time.
    }
  }

  /** True if it hears rings; there may be no more inotify watches for it. */
  get isListening(): boolean {
    return this.#watcher !== undefined;
  }

  ring(): void {
    try {
      writeSync(this.#open(), '.', 0);
    } catch {
      // A full disk: others see the change when they look by themselves.
    }
  }

  close(): void {
    this.#watcher?.close();
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #deaf(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #open(): number {
    this.#file ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
    return this.#file;
  }
}
