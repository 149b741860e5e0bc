import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ManifestEntry } from '../../state/formula/manifest.js';
import type { FormulaRef } from '../journal/record.js';
import { manifestFile, readManifest } from './staged.js';
import type { UnitDirectory } from './unit-directory.js';

/** The files in a formula's directory that it did not come with. Paths are relative to it, sorted. */
interface LeftInFormula {
  /** Files and, with a slash at their end, directories that hooks made. */
  readonly written: readonly string[];
  /** The files it came with that hooks changed, replaced or removed. */
  readonly changed: readonly string[];
}

/** Bytes up to which a file is compared by its content; a larger one that was written to counts as changed. */
const LARGE = 16 * 1024 * 1024;

/** Entries looked at in one turn of the event loop. */
const AT_ONCE = 500;

/**
 * Compares a formula's directory with the list of what it came with. A directory that hooks made is named and not looked
 * into, so that this takes no longer than the formula is large. Content is read only of files whose change time is later
 * than that of the list, which is put in place after them.
 * @throws where the directory or its list is gone
 */
export async function leftInFormula(directory: UnitDirectory, formula: FormulaRef): Promise<LeftInFormula> {
  const root = join(directory.formulas, formula.directory);
  const came = new Map(readManifest(directory, formula).map((entry) => [entry.path, entry]));
  const since = lstatSync(manifestFile(directory, formula)).ctimeMs;
  const written: string[] = [];
  const below = ['', ...[...came.values()].flatMap(({ kind, path }) => (kind === 'directory' ? [path] : []))];
  for (const parent of below) {
    for (const entry of entriesOf(join(root, parent))) {
      const path = parent === '' ? entry.name : `${parent}/${entry.name}`;
      if (!came.has(path)) written.push(entry.isDirectory() ? `${path}/` : path);
    }
  }
  const changed: string[] = [];
  let looked = 0;
  for (const entry of came.values()) {
    if (isChanged(join(root, entry.path), entry, since)) changed.push(entry.path);
    looked += 1;
    if (looked % AT_ONCE === 0) await turn();
  }
  return { written: written.sort(), changed: changed.sort() };
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // Hooks removed it, or made something else of it: it is among what they changed.
    return [];
  }
}

function isChanged(path: string, entry: ManifestEntry, since: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return true;
  if (entry.kind === 'directory') return !found.isDirectory();
  if (entry.kind === 'link') return !found.isSymbolicLink() || readlinkSync(path) !== entry.target;
  if (!found.isFile() || found.size !== entry.size || isExecutable(found) !== entry.executable) return true;
  if (found.ctimeMs <= since) return false;
  if (found.size > LARGE) return found.mtimeMs > since;
  return createHash('sha256').update(readFileSync(path)).digest('hex') !== entry.sha256;
}

function isExecutable({ mode }: Stats): boolean {
  return (mode & 0o100) !== 0;
}
