import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { mapBounded } from '../../state/formula/concurrency.js';
import type { FormulaRef } from '../journal/record.js';
import { copyFormula } from './copy-formula.js';
import { flush, flushTogether } from './flush.js';
import type { Leftovers } from './leftovers.js';
import { fillIn, isStaged, manifestFile } from './staged.js';
import { placeForStaging, type UnitDirectory } from './unit-directory.js';
import { type Unpacked, withUnpacked } from './unpacked.js';

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
  /** It is not there any more. */
  left(): void;
}

const waiting: Request[] = [];
let atWork = false;

/**
 * Puts a formula beside the running one. The directory gets its name only when everything in it is on the disk, so one
 * that has its name is complete, and staging twice is staging once. Also at the same time: a preparation that was
 * abandoned and comes back may meet itself, so each copies into a directory of its own.
 *
 * The bundle is checked and extracted once for all units that come together, and copied for each; and they share the
 * flushes, of which one unit alone needs one per file, where they are few.
 * @param leftovers takes what was extracted once nobody copies it any more
 * @throws BundleUnsafe, BundleDamaged, ExtractionFailed
 */
export async function stageFormula(
  directory: UnitDirectory,
  formula: FormulaRef,
  bundle: string,
  leftovers: Pick<Leftovers, 'add'>,
): Promise<void> {
  if (isStaged(directory, formula)) return;
  await withUnpacked(
    bundle,
    leftovers,
    (unpacked) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ directory, formula, unpacked, resolve, reject });
        void work();
      }),
  );
}

async function work(): Promise<void> {
  if (atWork) return;
  atWork = true;
  // What is asked for in the same turn of the event loop comes together, also by who waited for the same extraction.
  await turn();
  while (waiting.length > 0) await stageTogether(waiting.splice(0, TOGETHER));
  atWork = false;
}

async function stageTogether(requests: readonly Request[]): Promise<void> {
  const copies: Copy[] = [];
  try {
    await mapBounded(requests, WIDTH, async (request) => {
      await copyAside(request).then((copy) => copies.push(copy), request.reject);
      // After each, others get their turn.
      await turn();
    });
    for (const together of byFileSystem(copies)) await flush(together.flatMap(({ made }) => made));
    await mapBounded(copies, WIDTH, putInPlace);
    await Promise.all(copies.map(({ request }) => flushTogether(request.directory.formulas)));
    for (const { request } of copies) request.resolve();
  } catch (error) {
    await Promise.all(copies.map(removeCopy));
    for (const { request } of copies) request.reject(error);
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

async function copyAside(request: Request): Promise<Copy> {
  const { directory, formula, unpacked } = request;
  const place = placeForStaging(directory, formula);
  const copy = { request, ...place, made: [] };
  try {
    const made = await copyFormula(unpacked, copy.aside);
    writeFileSync(copy.manifest, JSON.stringify(unpacked.manifest), { mode: 0o600 });
    return { ...copy, made: [...made, copy.manifest] };
  } catch (error) {
    await removeCopy(copy);
    throw error;
  }
}

async function putInPlace(copy: Copy): Promise<void> {
  const { directory, formula } = copy.request;
  // First: a formula that is in place always has its manifest.
  renameSync(copy.manifest, manifestFile(directory, formula));
  const staged = join(directory.formulas, formula.directory);
  try {
    renameSync(copy.aside, staged);
    copy.left();
  } catch (error) {
    if (!existsSync(staged)) throw error;
    // Another preparation was here first, or it stands there damaged.
    await fillIn(copy.aside, staged, copy.request.unpacked.manifest);
    await removeCopy(copy);
  }
}

/** What cannot be removed is left to housekeeping. */
async function removeCopy({ aside, manifest, left }: Copy): Promise<void> {
  left();
  await rm(aside, { recursive: true, force: true });
  await rm(manifest, { force: true });
}
