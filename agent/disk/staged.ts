import { lstatSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../state/formula/manifest.js';
import type { FormulaRef } from '../journal/record.js';
import type { Flushing } from './flush.js';
import type { UnitDirectory } from './unit-directory.js';

/** Manifests that are remembered; most units of a machine run few formulas. */
const MOST_REMEMBERED = 50;

/** The file that says what a formula's directory came with. */
export function manifestFile(directory: UnitDirectory, formula: FormulaRef): string {
  return join(directory.formulas, `${formula.directory}.json`);
}

/** @throws where there is none: the formula was never staged, or somebody removed it */
export function readManifest(directory: UnitDirectory, formula: FormulaRef): Manifest {
  return JSON.parse(readFileSync(manifestFile(directory, formula), 'utf8'));
}

/** Tells which formulas are whole on the disk, and remembers what each cannot do without. */
export class StagedFormulas {
  /** By the name of a formula's directory, which two contents never share: the files it cannot do without. */
  readonly #needed = new Map<string, ReadonlySet<string>>();

  /**
   * Whether the formula is on the unit's disk with everything that Ensemble runs or reads of it: its metadata and its
   * hooks. A hook that was removed would pass for one that the formula does not have. Other files are the formula's own
   * business: its hooks may well move them away.
   */
  isStaged(directory: UnitDirectory, formula: FormulaRef): boolean {
    const root = join(directory.formulas, formula.directory);
    const needed = isThere(root) ? this.#neededFiles(directory, formula) : undefined;
    return needed !== undefined && [...needed].every((path) => isThere(join(root, path)));
  }

  /** Whether one hook of the formula in place can be looked for: it is there, or the formula came without it. */
  isHookInPlace(directory: UnitDirectory, formula: FormulaRef, hook: string): boolean {
    if (!isThere(directory.formula, statSync)) return false;
    const path = `hooks/${hook}`;
    if (isThere(join(directory.formula, path))) return true;
    return this.#neededFiles(directory, formula)?.has(path) === false;
  }

  #neededFiles(directory: UnitDirectory, formula: FormulaRef): ReadonlySet<string> | undefined {
    const known = this.#needed.get(formula.directory);
    if (known !== undefined) return known;
    let manifest: Manifest;
    try {
      manifest = readManifest(directory, formula);
    } catch {
      return undefined;
    }
    const needed = new Set(
      manifest
        .map(({ path }) => path)
        .filter((path) => path === 'metadata.yaml' || path.startsWith('hooks/')),
    );
    const [oldest] = this.#needed.keys();
    if (this.#needed.size >= MOST_REMEMBERED && oldest !== undefined) this.#needed.delete(oldest);
    this.#needed.set(formula.directory, needed);
    return needed;
  }
}

/**
 * Puts what is missing in a formula's directory there from a whole copy of it, and leaves everything else as it is: what
 * hooks wrote there is kept.
 */
export async function fillIn(
  whole: string,
  damaged: string,
  manifest: Manifest,
  flushing: Pick<Flushing, 'flush'>,
): Promise<void> {
  const filled = new Set<string>();
  // The manifest's order has every directory before what is in it.
  for (const { path } of manifest) {
    if (isThere(join(damaged, path))) continue;
    renameSync(join(whole, path), join(damaged, path));
    filled.add(join(damaged, path, '..'));
  }
  await flushing.flush([...filled]);
}

function isThere(path: string, look: typeof lstatSync = lstatSync): boolean {
  try {
    return look(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Something on the way there is no directory.
    return false;
  }
}
