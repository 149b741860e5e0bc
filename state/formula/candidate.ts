import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EnsembleError } from '../platform/errors.js';
import type { ConfigOptions } from './config-options.js';
import { FormulaInvalid, NotAFormula } from './errors.js';
import { readFormulaFiles } from './formula.js';
import {
  enoughOfFile,
  type FormulaFileName,
  type FormulaFiles,
  formulaFileNames,
  glimpseIdentity,
  parseFormulaFiles,
} from './formula-files.js';
import type { FormulaId } from './formula-id.js';
import { hookIn } from './hook-names.js';
import type { Manifest } from './manifest.js';
import type { Metadata } from './metadata.js';
import { bundleManifest, readBundle } from './read-bundle.js';
import { listTree } from './tree.js';

/** A formula that a repository offers: understood, but its hooks and the rest of its tree not yet looked at. */
export interface Candidate {
  readonly id: FormulaId;
  /** Where it lies, absolute. */
  readonly path: string;
  readonly kind: 'directory' | 'bundle';
  readonly metadata: Metadata;
  readonly config: ConfigOptions;
  /** The names of the files and links directly in `hooks/`, sorted. */
  readonly hooks: readonly string[];
}

/** Something in a repository that cannot be offered, and as much of what it would be as can be told. */
export interface BrokenCandidate {
  readonly path: string;
  readonly name: string;
  /** Unknown where even that cannot be read. */
  readonly revision?: number;
  readonly error: EnsembleError;
}

/**
 * Looks at the directory or bundle at `path`; never throws for what is wrong with it. The name, and the
 * revision, of a broken one that does not even say these are guessed from its folder: `mysql`, `mysql-12`, `mysql-12.tar.gz`.
 */
export async function inspectCandidate(
  path: string,
  kind: Candidate['kind'],
  repository: string,
): Promise<Candidate | BrokenCandidate> {
  let files: FormulaFiles = {};
  try {
    const read =
      kind === 'directory'
        ? { files: await readFormulaFiles(path), hooks: hooksIn(path) }
        : await readBundled(path);
    files = read.files;
    const { metadata, config } = parseFormulaFiles(files, (name) => `${path}/${name}`);
    const { name, revision } = metadata;
    const hooks = [...read.hooks].sort();
    return { id: { repository, name, revision }, path, kind, metadata, config, hooks };
  } catch (thrown) {
    const error =
      thrown instanceof EnsembleError ? thrown : new NotAFormula({ path, reason: (thrown as Error).message });
    return {
      path,
      ...guessIdentity(path),
      ...(error instanceof FormulaInvalid ? glimpseIdentity(files) : {}),
      error,
    };
  }
}

function guessIdentity(path: string): { name: string; revision?: number } {
  const stem = basename(path).replace(/\.(tar\.gz|tgz)$/, '');
  const { name = stem, revision } = /^(?<name>.+)-(?<revision>[0-9]{1,15})$/.exec(stem)?.groups ?? {};
  return revision === undefined ? { name } : { name, revision: Number(revision) };
}

/** The candidate's content, to compare two of one id. @throws FormulaEntryRefused, BundleUnsafe, BundleDamaged, … */
export function candidateManifest(candidate: Candidate): Promise<Manifest> {
  return candidate.kind === 'directory' ? listTree(candidate.path) : bundleManifest(candidate.path);
}

/** If the directory cannot be read, the check of its hooks finds that and tells it. */
function hooksIn(directory: string): readonly string[] {
  try {
    return readdirSync(join(directory, 'hooks'), { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/** The same files as `readFormulaFiles`, and the names of the hooks, out of a bundle; nothing else of it is kept. */
async function readBundled(
  bundle: string,
): Promise<{ readonly files: FormulaFiles; readonly hooks: readonly string[] }> {
  const files: Partial<Record<FormulaFileName, Uint8Array>> = {};
  const hooks: string[] = [];
  for await (const entry of readBundle(bundle)) {
    const hook = entry.kind === 'directory' ? undefined : hookIn(entry.path);
    if (hook !== undefined) hooks.push(hook);
    const name = formulaFileNames.find((each) => each === entry.path);
    if (name === undefined) continue;
    if (entry.kind !== 'file')
      throw new NotAFormula({ path: bundle, reason: `its ${name} is a ${entry.kind}` });
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of entry.body()) {
      if (length < enoughOfFile) pieces.push(Buffer.from(piece));
      length += piece.length;
    }
    files[name] = Buffer.concat(pieces);
  }
  if (files['metadata.yaml'] === undefined)
    throw new NotAFormula({ path: bundle, reason: 'it has no metadata.yaml at its top' });
  return { files, hooks };
}
