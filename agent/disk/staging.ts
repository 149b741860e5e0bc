import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { mapBounded } from '../../state/formula/concurrency.js';
import type { Digest, Storage } from '../../state/storage/storage.js';
import type { FormulaRef } from '../journal/record.js';
import { BundleCache, type Unpacked } from './bundle-cache.js';
import { copyFormula } from './copy-formula.js';
import { Flushing } from './flush.js';
import type { Leftovers } from './leftovers.js';
import { fillIn, manifestFile, StagedFormulas } from './staged.js';
import { formulasLeftOver, linkFormula, placeForStaging, type UnitDirectory } from './unit-directory.js';

/** Formulas that are staged together: enough to share their flushes, few enough that the first is not late. */
const TOGETHER = 64;

/** Units whose formula is being copied at the same time. */
const WIDTH = 4;

interface Request {
  readonly directory: UnitDirectory;
  readonly formula: FormulaRef;
  readonly unpacked: Unpacked;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A formula that lies beside its place, complete. */
interface Copy {
  readonly request: Request;
  readonly aside: string;
  readonly manifest: string;
  readonly made: readonly string[];
}

/**
 * Brings formulas to units' disks, for one agent: it fetches and verifies their bundles, extracts them, and puts each
 * beside the one that runs. What it leaves over goes to `leftovers`.
 */
export class Staging {
  readonly #bundles: BundleCache;
  readonly #flushing = new Flushing();
  readonly #staged = new StagedFormulas();
  readonly #waiting: Request[] = [];
  /** What lies beside its place and is at work on, with the lists of files. */
  readonly #beingMade = new Set<string>();
  #isAtWork = false;

  /** @param cache the directory of this machine's bundles */
  constructor(storage: Storage, cache: string, leftovers: Pick<Leftovers, 'add'>) {
    this.#bundles = new BundleCache(storage, cache, leftovers);
  }

  /** As `BundleCache.fetch`. */
  fetch(key: string, digest: Digest): Promise<string> {
    return this.#bundles.fetch(key, digest);
  }

  /**
   * Puts a formula beside the running one. The directory gets its name only when everything in it is on the disk, so one
   * that has its name is complete, and staging twice is staging once. Also at the same time: a preparation that was
   * abandoned and comes back may meet itself, so each copies into a directory of its own.
   *
   * The bundle is checked and extracted once for all units that come together, and copied for each; and they share the
   * flushes, of which one unit alone needs one per file, where they are few.
   * @throws BundleUnsafe, BundleDamaged, ExtractionFailed
   */
  async stage(directory: UnitDirectory, formula: FormulaRef, bundle: string): Promise<void> {
    if (this.isStaged(directory, formula)) return;
    await this.#bundles.withUnpacked(
      bundle,
      (unpacked) =>
        new Promise<void>((resolve, reject) => {
          this.#waiting.push({ directory, formula, unpacked, resolve, reject });
          void this.#work();
        }),
    );
  }

  /** As `StagedFormulas.isStaged`. */
  isStaged(directory: UnitDirectory, formula: FormulaRef): boolean {
    return this.#staged.isStaged(directory, formula);
  }

  /** As `StagedFormulas.isHookInPlace`. */
  isHookInPlace(directory: UnitDirectory, formula: FormulaRef, hook: string): boolean {
    return this.#staged.isHookInPlace(directory, formula, hook);
  }

  /** As `linkFormula`. */
  link(directory: UnitDirectory, formula: FormulaRef): Promise<void> {
    return linkFormula(directory, formula, this.#flushing);
  }

  /** As `formulasLeftOver`: what an agent before this one left below the directory of all units. */
  leftOver(units: string): Promise<readonly string[]> {
    return formulasLeftOver(units, this.#beingMade);
  }

  /** Ends the process that flushes, when it has done what it was asked for. */
  close(): void {
    this.#flushing.close();
  }

  async #work(): Promise<void> {
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    // Requests of the same turn of the event loop come together, also those that waited for the same extraction.
    await turn();
    while (this.#waiting.length > 0) await this.#stageTogether(this.#waiting.splice(0, TOGETHER));
    this.#isAtWork = false;
  }

  async #stageTogether(requests: readonly Request[]): Promise<void> {
    const copies: Copy[] = [];
    try {
      await mapBounded(requests, WIDTH, async (request) => {
        await this.#copyAside(request).then((copy) => copies.push(copy), request.reject);
        // After each, others get their turn.
        await turn();
      });
      for (const together of byFileSystem(copies))
        await this.#flushing.flush(together.flatMap(({ made }) => made));
      await mapBounded(copies, WIDTH, (copy) => this.#putInPlace(copy));
      await Promise.all(copies.map(({ request }) => this.#flushing.together(request.directory.formulas)));
      for (const { request } of copies) request.resolve();
    } catch (error) {
      await Promise.all(copies.map((copy) => this.#removeCopy(copy)));
      for (const { request } of copies) request.reject(error);
    }
  }

  async #copyAside(request: Request): Promise<Copy> {
    const { directory, formula, unpacked } = request;
    const place = placeForStaging(directory, formula);
    const copy = { request, ...place, made: [] };
    for (const path of [copy.aside, copy.manifest]) this.#beingMade.add(path);
    try {
      const made = await copyFormula(unpacked, copy.aside);
      writeFileSync(copy.manifest, JSON.stringify(unpacked.manifest), { mode: 0o600 });
      return { ...copy, made: [...made, copy.manifest] };
    } catch (error) {
      await this.#removeCopy(copy);
      throw error;
    }
  }

  async #putInPlace(copy: Copy): Promise<void> {
    const { directory, formula } = copy.request;
    // First: a formula that is in place always has its manifest.
    renameSync(copy.manifest, manifestFile(directory, formula));
    const staged = join(directory.formulas, formula.directory);
    try {
      renameSync(copy.aside, staged);
      this.#left(copy);
    } catch (error) {
      if (!existsSync(staged)) throw error;
      // Another preparation was here first, or it stands there damaged.
      await fillIn(copy.aside, staged, copy.request.unpacked.manifest, this.#flushing);
      await this.#removeCopy(copy);
    }
  }

  /** Housekeeping removes what cannot be removed now: whoever waits is told what failed, and others are staged. */
  async #removeCopy(copy: Copy): Promise<void> {
    this.#left(copy);
    const paths = [copy.aside, copy.manifest];
    await Promise.allSettled(paths.map((path) => rm(path, { recursive: true, force: true })));
  }

  #left({ aside, manifest }: Copy): void {
    for (const path of [aside, manifest]) this.#beingMade.delete(path);
  }
}

/** A unit's directory may be a disk of its own. */
function byFileSystem(copies: readonly Copy[]): readonly (readonly Copy[])[] {
  const found = new Map<number, Copy[]>();
  for (const copy of copies) {
    const { dev } = statSync(copy.aside);
    found.set(dev, [...(found.get(dev) ?? []), copy]);
  }
  return [...found.values()];
}
