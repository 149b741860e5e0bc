import { readdirSync, readFileSync, statSync } from 'node:fs';
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
import { LARGEST_SIGNATURE, SIGNATURE_FILE_NAME } from './trust/statement.js';

/** A formula that a repository offers: understood, but its hooks and the rest of its tree not yet looked at. */
export type Candidate = LocalCandidate | RemoteCandidate;

/** What is known of any candidate. */
export interface Offered {
  readonly id: FormulaId;
  readonly metadata: Metadata;
  readonly config: ConfigOptions;
  /** The names of the files and links directly in `hooks/`, sorted. */
  readonly hooks: readonly string[];
  /** Its author took it back; why, where that is said. */
  readonly withdrawn?: { readonly why?: string };
  /** Who made it, as `ssh-keygen` writes it; whether that is true is not looked at. */
  readonly signature?: string;
  /** Where it is not released, but stands in an open change: which one, and where that was found. */
  readonly change?: {
    /** `pr:22`, `branch:foo`. */
    readonly key: string;
    /** All digits. */
    readonly commit: string;
    readonly ref: string;
    /** Its repository, as services remember that. */
    readonly repository: string;
  };
  /** The environment does not trust whoever signed it, or that nobody did; there where that was looked at. */
  readonly untrusted?: { readonly why: string };
}

/** A candidate that lies on this machine. */
export interface LocalCandidate extends Offered {
  readonly kind: 'directory' | 'bundle';
  /** Where it lies, absolute. */
  readonly path: string;
}

/** A candidate that lies elsewhere. */
export interface RemoteCandidate extends Offered {
  readonly kind: 'remote';
  /** Where it lies, for messages: a URL without secrets. */
  readonly path: string;
  /** Bytes, where that is known before it is fetched. */
  readonly size?: number;
  /** The sha256 of the bundle that is fetched, if it is known before. */
  readonly sha256?: string;
  /** A digest of what is in it, where the bundle is made only when it is fetched. */
  readonly content?: string;
  /**
   * Brings it into a directory that is there, and verifies it.
   * @returns where it lies then
   * @throws RepositoryUnavailable, BundleDamaged, NotAFormula, FormulaTooLarge
   */
  fetch(directory: string): Promise<Pick<LocalCandidate, 'kind' | 'path'>>;
}

/**
 * What a repository says of the content of what it offers, before it is fetched: two that differ are two contents, where both
 * are of one kind. Undefined where it says nothing, as a directory does.
 */
export function offeredAs(candidate: Candidate): string | undefined {
  if (candidate.kind !== 'remote') return undefined;
  if (candidate.content !== undefined) return `content:${candidate.content}`;
  return candidate.sha256 === undefined ? undefined : `sha256:${candidate.sha256}`;
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
  kind: LocalCandidate['kind'],
  repository: string,
): Promise<LocalCandidate | BrokenCandidate> {
  const understood = await understand(path, repository, async () =>
    kind === 'directory' ? { files: await readFormulaFiles(path), hooks: hooksIn(path) } : readBundled(path),
  );
  if ('error' in understood) return understood;
  const signature = readBeside(kind === 'directory' ? join(path, SIGNATURE_FILE_NAME) : `${path}.sig`);
  return { ...understood, path, kind, ...(signature !== undefined && { signature }) };
}

/** The bytes of the files that say what a formula is, and the names of what is in `hooks/`. */
export interface Essentials {
  readonly files: FormulaFiles;
  readonly hooks: readonly string[];
}

/**
 * Reads what says what a formula is.
 * @param path where it lies, for messages
 * @param called the folder or file that it is, by which it is guessed where it cannot be read
 */
export async function understand(
  path: string,
  repository: string,
  read: () => Promise<Essentials>,
  called = basename(path),
): Promise<Offered | BrokenCandidate> {
  let files: FormulaFiles = {};
  try {
    const found = await read();
    files = found.files;
    const { metadata, config } = parseFormulaFiles(files, (name) => `${path}/${name}`);
    const { name, revision } = metadata;
    return { id: { repository, name, revision }, metadata, config, hooks: [...found.hooks].sort() };
  } catch (thrown) {
    const error =
      thrown instanceof EnsembleError ? thrown : new NotAFormula({ path, reason: (thrown as Error).message });
    return {
      path,
      ...guessIdentity(called),
      ...(error instanceof FormulaInvalid ? glimpseIdentity(files) : {}),
      error,
    };
  }
}

function guessIdentity(called: string): { name: string; revision?: number } {
  const stem = called.replace(/\.(tar\.gz|tgz)$/, '');
  const { name = stem, revision } = /^(?<name>.+)-(?<revision>[0-9]{1,15})$/.exec(stem)?.groups ?? {};
  return revision === undefined ? { name } : { name, revision: Number(revision) };
}

/** The candidate's content, to compare two of one id. @throws FormulaEntryRefused, BundleUnsafe, BundleDamaged, … */
export function candidateManifest(candidate: LocalCandidate): Promise<Manifest> {
  return candidate.kind === 'directory' ? listTree(candidate.path) : bundleManifest(candidate.path);
}

/** A signature that is too large, or that nobody may read, is as good as none. */
function readBeside(file: string): string | undefined {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isFile() !== true || stats.size > LARGEST_SIGNATURE) return undefined;
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
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
async function readBundled(bundle: string): Promise<Essentials> {
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
