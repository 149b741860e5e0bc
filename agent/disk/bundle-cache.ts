import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ExtractionFailed } from '../../state/formula/errors.js';
import { extractBundle } from '../../state/formula/extract.js';
import type { Manifest } from '../../state/formula/manifest.js';
import { fetchObject } from '../../state/storage/fetch.js';
import type { Digest, Storage } from '../../state/storage/storage.js';
import type { Leftovers } from './leftovers.js';

/** In the names of unpacked bundles, so that what a killed agent left is known. */
export const UNPACKED = '.unpacked-';

/** A bundle that was checked and extracted, to copy units' formulas from. Nothing in it is for good. */
export interface Unpacked {
  readonly directory: string;
  readonly manifest: Manifest;
  /** The files' contents by path, where all of them together are small. */
  readonly contents: ReadonlyMap<string, Buffer> | undefined;
  /**
   * Moves it to `destination`, where nobody else uses it: who comes later has one of its own.
   * @returns whether it did
   */
  readonly take: (destination: string) => boolean;
}

/** Bytes of a formula that is held in memory while it is copied. */
const SMALL = 4 * 1024 * 1024;

interface Use {
  readonly unpacked: Promise<Unpacked>;
  users: number;
}

/** Bundles that are remembered as verified: one that is asked for again later costs a look. */
const MOST_VERIFIED = 64;

/** The bundles of this machine: each is fetched and verified once, and extracted to copy units' formulas from. */
export class BundleCache {
  readonly #storage: Storage;
  readonly #directory: string;
  readonly #leftovers: Pick<Leftovers, 'add'>;
  readonly #fetching = new Map<string, Promise<void>>();
  /** Bundles whose content was verified here, and what their files looked like then. */
  readonly #verified = new Map<string, string | undefined>();
  readonly #uses = new Map<string, Use>();

  /** @param leftovers takes what was extracted once nobody copies it any more */
  constructor(storage: Storage, directory: string, leftovers: Pick<Leftovers, 'add'>) {
    this.#storage = storage;
    this.#directory = directory;
    this.#leftovers = leftovers;
  }

  /**
   * Brings a bundle here, verified. Units that want the same one at the same time share one download.
   * @param key its name in the storage
   * @returns its path
   * @throws as `fetchObject`
   */
  async fetch(key: string, digest: Digest): Promise<string> {
    const bundle = join(this.#directory, `${digest.sha256}.tar.gz`);
    if (this.#verified.has(bundle) && this.#verified.get(bundle) === markOf(bundle)) return bundle;
    const download = this.#fetching.get(bundle) ?? fetchObject(this.#storage, key, digest, bundle);
    this.#fetching.set(bundle, download);
    await download.finally(() => this.#fetching.delete(bundle));
    this.#verified.delete(bundle);
    this.#verified.set(bundle, markOf(bundle));
    const [oldest] = this.#verified.keys();
    if (this.#verified.size > MOST_VERIFIED && oldest !== undefined) this.#verified.delete(oldest);
    return bundle;
  }

  /**
   * Calls `work` with the extracted bundle. Units that want the same one at the same time share one extraction, which
   * stands beside the bundle for as long as one of them uses it, and is left over then.
   * @throws BundleUnsafe, BundleDamaged, ExtractionFailed, what `work` throws
   */
  async withUnpacked<T>(bundle: string, work: (unpacked: Unpacked) => Promise<T>): Promise<T> {
    const use = this.#uses.get(bundle) ?? { unpacked: this.#unpack(bundle), users: 0 };
    this.#uses.set(bundle, use);
    use.users += 1;
    try {
      return await work(await use.unpacked);
    } finally {
      use.users -= 1;
      if (use.users === 0) {
        if (this.#uses.get(bundle) === use) this.#uses.delete(bundle);
        // The bundle is not removed here: the last unit would wait for that, and be behind all others until its upgrade is through.
        use.unpacked.then(
          ({ directory }) => this.#leftovers.add([directory]),
          () => undefined,
        );
      }
    }
  }

  #take(bundle: string, directory: string, destination: string): boolean {
    if (this.#uses.get(bundle)?.users !== 1) return false;
    try {
      renameSync(directory, destination);
    } catch (error) {
      // The units are on a file system of their own.
      if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false;
      throw error;
    }
    this.#uses.delete(bundle);
    return true;
  }

  async #unpack(bundle: string): Promise<Unpacked> {
    const directory = `${bundle}${UNPACKED}${randomUUID()}`;
    // A large bundle is on the disk by then, and is not read and written once more for the only unit that wants it.
    const packed = statSync(bundle, { throwIfNoEntry: false })?.size ?? 0;
    const manifest = await extractBundle(bundle, directory, { durable: packed > SMALL }).catch(inCache);
    const moving = { take: (destination: string) => this.#take(bundle, directory, destination) };
    const files = manifest.filter((entry) => entry.kind === 'file');
    if (files.reduce((sum, { size }) => sum + size, 0) > SMALL)
      return { directory, manifest, contents: undefined, ...moving };
    const contents = new Map<string, Buffer>();
    for (const { path } of files) contents.set(path, readFileSync(join(directory, path)));
    return { directory, manifest, contents, ...moving };
  }
}

/**
 * A directory that an extraction was to be in has another name each time, and is nobody's to look into: what a unit waits
 * for would seem to change with each try.
 */
function inCache(error: unknown): never {
  if (!(error instanceof ExtractionFailed)) throw error;
  const { bundle, reason } = error;
  throw new ExtractionFailed({ bundle, reason, destination: dirname(bundle) }, { cause: error });
}

/** Differs where the file was written or replaced; undefined where there is none. */
function markOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const { ino, size, mtimeNs, ctimeNs } = found;
  return [ino, size, mtimeNs, ctimeNs].join(' ');
}
