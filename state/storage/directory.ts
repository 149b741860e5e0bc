import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type Clock, systemClock } from '../platform/clock.js';
import { directoryError } from './directory-errors.js';
import { ObjectDamaged, ObjectNotFound, StorageMissing, StorageUrlInvalid } from './errors.js';
import type { HelperRequest } from './helper-protocol.js';
import { Helpers, SILENCE } from './helpers.js';
import { checkKey } from './key.js';
import type { Storage } from './storage.js';

/** Holds uploads on their way; `checkKey` lets no key begin with a dot. */
const UNFINISHED = '.unfinished';

/** In milliseconds: an upload is a local copy, so one that was begun this long ago was killed. */
const ABANDONED_AFTER = 24 * 3600 * 1000;

/**
 * @param silence milliseconds without a byte after which it is taken to hang
 * @param options `isReady`: a helper is kept ready, for a process that stays; `mustBeThere`: where the directory is not
 *   there, or holds nothing, it was moved or its disk is not mounted, and no request makes another one
 * @throws StorageUrlInvalid
 */
export function openDirectory(
  url: string,
  clock: Clock = systemClock,
  silence = SILENCE,
  {
    isReady = false,
    mustBeThere = false,
  }: { readonly isReady?: boolean | undefined; readonly mustBeThere?: boolean | undefined } = {},
): Storage {
  const root = url.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
  if (!path.isAbsolute(root) || root.startsWith('//'))
    throw new StorageUrlInvalid({
      url,
      reason: 'a directory is named by its absolute path, as in file:/var/lib/ensemble',
    });
  return new DirectoryStorage(path.resolve(root), clock, new Helpers(clock, silence, isReady), mustBeThere);
}

/**
 * A storage in a directory of this machine, or one that several machines mount. What stands under a key was written
 * aside, flushed to disk and linked into place, so it is whole at every moment, whatever kills whom.
 *
 * A mount may hang, in calls that nothing ends but the end of their process. So all of them are made by helpers: one
 * that says nothing for half a minute is ended, and the call fails.
 */
class DirectoryStorage implements Storage {
  readonly url: string;
  readonly #root: string;
  readonly #clock: Clock;
  readonly #helpers: Helpers;
  readonly #mustBeThere: boolean;

  constructor(root: string, clock: Clock, helpers: Helpers, mustBeThere: boolean) {
    this.#root = root;
    this.#clock = clock;
    this.#helpers = helpers;
    this.#mustBeThere = mustBeThere;
    this.url = `file:${root}`;
  }

  async size(key: string): Promise<number | undefined> {
    const size = await this.#ask(key, ['size', this.#file(key)]);
    if (size === null) await this.#requireThere(key);
    return size ?? undefined;
  }

  async copyTo(
    key: string,
    destination: string,
    most: number,
    grown: (bytes: number) => void,
  ): Promise<number> {
    const request = ['fetch', this.#file(key), path.resolve(destination), String(most)] as const;
    try {
      return (await this.#helpers.answer(request, grown)) ?? 0;
    } catch (error) {
      // The disk of the destination: nothing is written where it is read.
      if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') throw error;
      throw await this.#notRead(error, key);
    }
  }

  async put(key: string, file: string): Promise<void> {
    const target = this.#file(key);
    const [{ size }, there] = await Promise.all([stat(file), this.size(key), access(file, constants.R_OK)]);
    if (there === undefined)
      await this.#copy(key, path.resolve(file), path.join(this.#root, UNFINISHED, randomUUID()), target);
    // Also after a copy: somebody else may have stored the object meanwhile, which is as good if it is the same one.
    const actual = await this.size(key);
    if (actual !== size)
      throw new ObjectDamaged({ storage: this.url, key, expected: { size }, actual: { size: actual ?? 0 } });
    await this.#ask(key, ['flush', path.dirname(target)]);
  }

  async #copy(key: string, file: string, temporary: string, target: string): Promise<void> {
    try {
      const abandonedBefore = String(this.#clock.now() - ABANDONED_AFTER);
      await this.#helpers.answer(['copy', file, temporary, target, abandonedBefore]);
    } catch (error) {
      throw await this.#told(error, key, [temporary, target]);
    }
  }

  async read(key: string): Promise<Readable> {
    const bytes = this.#translated(key, ['read', this.#file(key)]);
    // The caller learns at once what is wrong with the object, and not by its stream.
    const first = await bytes.next();
    async function* all(): AsyncGenerator<Buffer> {
      if (first.done === true) return;
      yield first.value;
      yield* bytes;
    }
    const body = Readable.from(all(), { objectMode: false });
    // A generator nobody began to read has no `finally` to run, so its source is let go from here.
    body.once('close', () => void bytes.return(null));
    return body;
  }

  async remove(key: string): Promise<void> {
    const target = this.#file(key);
    try {
      await this.#helpers.answer(['remove', target]);
      await this.#helpers.answer(['flush', path.dirname(target)]);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return this.#requireThere(key);
      throw await this.#told(error, key, [target]);
    }
  }

  close(): void {
    this.#helpers.close();
  }

  #file(key: string): string {
    checkKey(key);
    return path.join(this.#root, key);
  }

  async #ask(key: string, request: HelperRequest): Promise<number | null> {
    try {
      return await this.#helpers.answer(request);
    } catch (error) {
      throw await this.#told(error, key);
    }
  }

  /** @param written what was to be made or removed, where something was */
  #told(error: unknown, key: string, written?: readonly string[]): Promise<unknown> {
    const asked = { root: this.#root, key, ...(written !== undefined && { written }) };
    return directoryError(error, asked, (to) => this.#helpers.way(to));
  }

  async *#translated(key: string, request: HelperRequest): AsyncGenerator<Buffer, number | null> {
    try {
      return yield* this.#helpers.stream(request);
    } catch (error) {
      throw await this.#notRead(error, key);
    }
  }

  async #notRead(error: unknown, key: string): Promise<unknown> {
    if (codeOf(error) !== 'ENOENT') return this.#told(error, key);
    await this.#requireThere(key);
    return new ObjectNotFound({ storage: this.url, key }, { cause: error });
  }

  /** Asked where there is no object: there may be no storage at all. @throws StorageMissing */
  async #requireThere(key: string): Promise<void> {
    if (!this.#mustBeThere) return;
    const entries = await this.#ask(key, ['entries', this.#root]);
    if (entries !== null && entries > 0) return;
    throw new StorageMissing({ storage: this.url, directory: this.#root, isEmpty: entries !== null });
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
