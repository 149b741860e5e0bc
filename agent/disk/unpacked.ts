import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { extractBundle } from '../../state/formula/extract.js';
import type { Manifest } from '../../state/formula/manifest.js';
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

const uses = new Map<string, Use>();

/**
 * Calls `work` with the extracted bundle. Units that want the same one at the same time share one extraction, which
 * stands beside the bundle for as long as one of them uses it, and is left over then.
 * @throws BundleUnsafe, BundleDamaged, ExtractionFailed, what `work` throws
 */
export async function withUnpacked<T>(
  bundle: string,
  leftovers: Pick<Leftovers, 'add'>,
  work: (unpacked: Unpacked) => Promise<T>,
): Promise<T> {
  const use = uses.get(bundle) ?? { unpacked: unpack(bundle), users: 0 };
  uses.set(bundle, use);
  use.users += 1;
  try {
    return await work(await use.unpacked);
  } finally {
    use.users -= 1;
    if (use.users === 0) {
      if (uses.get(bundle) === use) uses.delete(bundle);
      // Not removed here: the last one would wait for that, and be behind all others until its upgrade is through.
      use.unpacked.then(
        ({ directory }) => leftovers.add([directory]),
        () => undefined,
      );
    }
  }
}

function take(bundle: string, directory: string, destination: string): boolean {
  if (uses.get(bundle)?.users !== 1) return false;
  try {
    renameSync(directory, destination);
  } catch (error) {
    // The units are on a file system of their own.
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false;
    throw error;
  }
  uses.delete(bundle);
  return true;
}

async function unpack(bundle: string): Promise<Unpacked> {
  const directory = `${bundle}${UNPACKED}${randomUUID()}`;
  // What is large is not read and written once more for the only unit that wants it, and is on the disk by then.
  const packed = statSync(bundle, { throwIfNoEntry: false })?.size ?? 0;
  const manifest = await extractBundle(bundle, directory, { durable: packed > SMALL });
  const moving = { take: (destination: string) => take(bundle, directory, destination) };
  const files = manifest.filter((entry) => entry.kind === 'file');
  if (files.reduce((sum, { size }) => sum + size, 0) > SMALL)
    return { directory, manifest, contents: undefined, ...moving };
  const contents = new Map<string, Buffer>();
  for (const { path } of files) contents.set(path, readFileSync(join(directory, path)));
  return { directory, manifest, contents, ...moving };
}
