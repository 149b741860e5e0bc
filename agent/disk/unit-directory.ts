import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { nodeOfUnit } from '../../state/model/paths.js';
import type { FormulaRef } from '../journal/record.js';
import type { Flushing } from './flush.js';

/** Where a unit keeps what: docs/agents.md, “What it keeps on the disk”. All paths are absolute. */
export interface UnitDirectory {
  readonly root: string;
  /** The link that names the formula in use. */
  readonly formula: string;
  /** The extracted formulas: the one in use, the previous one, and the one being staged. */
  readonly formulas: string;
  /** The formula's own persistent data; upgrades never touch it. */
  readonly data: string;
  readonly log: string;
}

export function unitDirectory(units: string, unit: string): UnitDirectory {
  const root = join(units, nodeOfUnit(unit));
  return {
    root,
    formula: join(root, 'formula'),
    formulas: join(root, '.formula'),
    data: join(root, 'data'),
    log: join(root, 'log'),
  };
}

/** Says whose directory it is: of which life of the unit. */
const LIFE = '.incarnation';

/** The same, before it has its name. */
const NEXT_LIFE = `${LIFE}.next`;

/**
 * Which life of its unit made the directory: empty where it does not say, as release 0.1.0 did not; undefined where
 * there is no directory, or one that had just been made when there was no room to say whose.
 */
export function lifeOfDirectory({ root }: UnitDirectory): string | undefined {
  if (!existsSync(root)) return undefined;
  try {
    return readFileSync(join(root, LIFE), 'utf8').trim();
  } catch {
    return isBegun(root) ? undefined : '';
  }
}

function isBegun(root: string): boolean {
  try {
    return readdirSync(root).every((name) => name === NEXT_LIFE);
  } catch {
    // A directory that cannot be read may hold anything.
    return false;
  }
}

/** True if there is anything in a directory, which need not be there. */
export function hasContent(directory: string): boolean {
  return existsSync(directory) && readdirSync(directory).length > 0;
}

/** Has the directory, which is there, say that it is of this life of its unit. */
export function markDirectory({ root }: UnitDirectory, incarnation: string): void {
  const next = join(root, NEXT_LIFE);
  writeFileSync(next, incarnation);
  renameSync(next, join(root, LIFE));
}

/** True if the unit's data is where it was put. It is not if its disk is not mounted, or somebody moved it away. */
export function isDirectoryThere({ root, data }: UnitDirectory): boolean {
  return existsSync(root) && existsSync(data);
}

/** Makes what is not there yet; says whose it is first. */
export function makeUnitDirectory(directory: UnitDirectory, incarnation: string | undefined): void {
  mkdirSync(directory.root, { recursive: true, mode: 0o755 });
  if (incarnation !== undefined && lifeOfDirectory(directory) !== incarnation)
    markDirectory(directory, incarnation);
  for (const path of [directory.formulas, directory.data, directory.log]) {
    mkdirSync(path, { recursive: true, mode: 0o755 });
  }
}

/** The name of a formula's directory under `.formula/`: two contents never share one. */
export function formulaDirectoryName(formulaId: string, sha256: string): string {
  return `${parseFormulaId(formulaId).revision}-${sha256.slice(0, 12)}`;
}

/**
 * Points the unit's `formula` link at an extracted formula, by renaming a new link over the old one: whoever looks
 * finds the one or the other. Durable when it returns, and fine to do twice.
 */
export async function linkFormula(
  directory: UnitDirectory,
  formula: FormulaRef,
  flushing: Pick<Flushing, 'together'>,
): Promise<void> {
  const target = join('.formula', formula.directory);
  if (linked(directory) !== target) {
    const aside = join(directory.root, '.formula.next');
    try {
      symlinkSync(target, aside);
    } catch {
      // An agent that was killed here left it.
      rmSync(aside, { force: true });
      symlinkSync(target, aside);
    }
    renameSync(aside, directory.formula);
  }
  await flushing.together(directory.root);
}

function linked(directory: UnitDirectory): string | undefined {
  try {
    return readlinkSync(directory.formula);
  } catch {
    return undefined;
  }
}

/** In the names of formulas that are to be removed. */
const PUT_ASIDE = '.removed-';

/**
 * Takes every extracted formula but those named out of its place, so that nothing takes it for one that is there.
 * @returns the paths to be removed
 */
export function putAsideFormulas(
  directory: UnitDirectory,
  keep: readonly (FormulaRef | null)[],
): readonly string[] {
  const kept = new Set(keep.flatMap((formula) => (formula === null ? [] : [formula.directory])));
  const others = readdirSync(directory.formulas).filter((name) => !kept.has(name.replace(/\.json$/, '')));
  return others.map((name) => {
    const path = join(directory.formulas, name);
    if (name.startsWith(PUT_ASIDE)) return path;
    const aside = join(directory.formulas, `${PUT_ASIDE}${randomUUID()}`);
    renameSync(path, aside);
    return aside;
  });
}

/** In the names of formulas that are not whole yet. */
const STAGING = '.staging-';

/** A place beside the formulas where one is made whole, with its list of files. */
export function placeForStaging(
  directory: UnitDirectory,
  formula: FormulaRef,
): { readonly aside: string; readonly manifest: string } {
  const aside = join(directory.formulas, `${STAGING}${formula.directory}-${randomUUID()}`);
  return { aside, manifest: `${aside}.json` };
}

/**
 * The formulas that were put aside below the directory of all units, or were to be made whole there, and are still
 * there, since the agent at work on them ended.
 * @param beingMade paths that this agent is at work on
 */
export async function formulasLeftOver(
  units: string,
  beingMade: ReadonlySet<string>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const unit of await readdir(units)) {
    const formulas = join(units, unit, '.formula');
    const names = await readdir(formulas).catch(() => []);
    for (const name of names) {
      const path = join(formulas, name);
      const isHalf = name.startsWith(STAGING) && !beingMade.has(path);
      if (isHalf || name.startsWith(PUT_ASIDE)) found.push(path);
    }
  }
  return found;
}
