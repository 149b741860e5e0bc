import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, link, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { type Clock, systemClock } from '../clock.js';
import { translatedBody } from './body.js';
import { directoryError } from './directory-errors.js';
import { makeDirectory, sync } from './durable.js';
import { ObjectDamaged, ObjectNotFound, StorageUrlInvalid } from './errors.js';
import { checkKey } from './key.js';
import type { Storage } from './storage.js';

/** Holds uploads on their way; `checkKey` lets no key begin with a dot. */
const unfinished = '.unfinished';

/** In milliseconds: an upload is a local copy, so one that was begun this long ago was killed. */
const abandonedAfter = 24 * 3600 * 1000;

/** @throws StorageUrlInvalid */
export function openDirectory(url: string, clock: Clock = systemClock): Storage {
  const root = url.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
  if (!path.isAbsolute(root) || root.startsWith('//'))
    throw new StorageUrlInvalid(
      url,
      'a directory is named by its absolute path, as in file:/var/lib/ensemble',
    );
  return new DirectoryStorage(path.resolve(root), clock);
}

/**
 * A storage in a directory of this machine, or one that several machines mount. What stands under a key was written
 * aside, flushed to disk and linked into place, so it is whole at every moment, whatever kills whom.
 */
class DirectoryStorage implements Storage {
  readonly url: string;

  constructor(
    private readonly root: string,
    private readonly clock: Clock,
  ) {
    this.url = `file:${root}`;
  }

  async size(key: string): Promise<number | undefined> {
    try {
      const found = await stat(this.file(key));
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw directoryError(error, this.root, key);
    }
  }

  async put(key: string, file: string): Promise<void> {
    const target = this.file(key);
    const [{ size }, there] = await Promise.all([stat(file), this.size(key), access(file, constants.R_OK)]);
    if (there === undefined) await this.copy(key, file, target);
    // Also after a copy: somebody else may have stored the object meanwhile, which is as good if it is the same one.
    const actual = await this.size(key);
    if (actual !== size) throw new ObjectDamaged(this.url, key, { size }, { size: actual ?? 0 });
    try {
      await sync(path.dirname(target));
    } catch (error) {
      throw directoryError(error, this.root, key);
    }
  }

  async read(key: string): Promise<Readable> {
    try {
      const handle = await open(this.file(key), 'r');
      return translatedBody(handle.createReadStream({ highWaterMark: 1 << 20 }), (error) =>
        directoryError(error, this.root, key),
      );
    } catch (error) {
      if (isMissing(error)) throw new ObjectNotFound(this.url, key, { cause: error });
      throw directoryError(error, this.root, key);
    }
  }

  close(): void {
    // Nothing is held open between calls.
  }

  private file(key: string): string {
    checkKey(key);
    return path.join(this.root, key);
  }

  private async copy(key: string, file: string, target: string): Promise<void> {
    const temporary = path.join(this.root, unfinished, randomUUID());
    try {
      await makeDirectory(path.dirname(temporary));
      await makeDirectory(path.dirname(target));
      await this.removeAbandoned(path.dirname(temporary));
      await copyFile(file, temporary, constants.COPYFILE_EXCL);
      await sync(temporary);
      await moveInto(target, temporary);
    } catch (error) {
      throw directoryError(error, this.root, key);
    } finally {
      // What cannot be removed now, `removeAbandoned` removes later; the first error is the one to tell.
      await unlink(temporary).catch(() => undefined);
    }
  }

  private async removeAbandoned(directory: string): Promise<void> {
    for (const name of await readdir(directory)) {
      const file = path.join(directory, name);
      const begun = await stat(file).catch(() => undefined);
      if (begun !== undefined && begun.mtimeMs < this.clock.now() - abandonedAfter)
        await rm(file, { force: true });
    }
  }
}

/** Gives the file its name unless the name is taken; never overwrites. */
async function moveInto(target: string, temporary: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    // A file system without hard links (FAT, some network mounts). A rename could overwrite only an object that was
    // stored under the same key since the look just before: the same bytes.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    await rename(temporary, target);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
