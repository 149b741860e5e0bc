import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../platform/clock.js';
import { fileDigest } from '../storage/digest.js';
import type { Digest } from '../storage/storage.js';
import { whileItAnswers } from './answering.js';
import { bundleTree } from './bundle.js';
import { type Candidate, type LocalCandidate, offeredAs, type RemoteCandidate } from './candidate.js';
import { FormulaChanging } from './errors.js';
import { extractBundle } from './extract.js';
import { type Formula, readFormula } from './formula.js';
import { defaultLimits } from './limits.js';
import { type Manifest, treeSize } from './manifest.js';
import { placed, toldOfItsPlace } from './told-of-its-place.js';
import { listTree } from './tree.js';
import { checkFormulaSignature, checkFormulaSigner, type TrustRules } from './trust/check-signature.js';

/** A formula ready to be uploaded. */
export interface Publishable {
  /** The file to upload. */
  readonly bundle: string;
  readonly digest: Digest;
  readonly formula: Formula;
  readonly manifest: Manifest;
  /** Where it lies in its repository, for messages, and in which form. */
  readonly source: Pick<Candidate, 'path' | 'kind'>;
  /** What its repository says of its content: see `offeredAs`. */
  readonly offered?: string;
  /** As the candidate has it; one that the given trust does not believe is refused before. */
  readonly signature?: string;
  /** As the candidate has it. */
  readonly change?: Candidate['change'];
}

/** How far a large formula is; small ones are not worth a word. */
export interface Preparing {
  readonly kind: 'preparing';
  readonly what: 'fetching' | 'packing';
  /** With its revision: `mysql-12`. */
  readonly formula: string;
  /** In bytes. */
  readonly done: number;
  readonly total: number;
}

/** Bytes that take so long that it is told. */
export const WORTH_TELLING = 16_000_000;

/** Milliseconds between two words about one formula. */
const TELL_EVERY = 5_000;

/**
 * Checks the whole of a candidate and makes its bundle in `workDirectory`, which is the caller's to remove; where the candidate is a bundle, or lies elsewhere, `formula.directory` is a copy in there too. A bundle is unpacked and made
 * again, so that the same tree has the same sha256 however, and by what tool, it was packed.
 * @param trust who must have signed it: looked at as early as can be, and before anything is unpacked
 * @throws RepositoryNotFound where it does not answer; as `checkFormulaSignature`; what `fetch` of the candidate throws; what `readFormula`, `bundleFormula` and `extractBundle` throw
 * @param tell hears how far a large one is
 */
export async function publishable(
  candidate: Candidate,
  workDirectory: string,
  tell: (event: Preparing) => void = () => undefined,
  trust?: TrustRules,
  clock: Clock = systemClock,
): Promise<Publishable> {
  const name = `${candidate.id.name}-${candidate.id.revision}`;
  const approve = approving(candidate, trust, clock);
  approve(candidate.kind === 'remote' ? candidate.sha256 : undefined);
  mkdirSync(workDirectory, { recursive: true });
  if (candidate.kind === 'remote' && (candidate.size ?? 0) > WORTH_TELLING)
    tell({ kind: 'preparing', what: 'fetching', formula: name, done: 0, total: candidate.size ?? 0 });
  const local = candidate.kind === 'remote' ? await fetched(candidate, workDirectory) : candidate;
  const unpacked = join(workDirectory, name);
  // What is unpacked here in any case, and what was fetched.
  const copies = [unpacked, ...(candidate.kind === 'remote' ? [local.path] : [])];
  try {
    const prepared = await whileItAnswers(local.path, 'whole', () =>
      packed(candidate, local, { workDirectory, approve, trust, tell, clock }),
    );
    const { formula } = prepared;
    const warnings = formula.warnings.map((text) => placed(text, copies, candidate.path));
    return { ...prepared, formula: { ...formula, warnings } };
  } catch (error) {
    throw toldOfItsPlace(error, copies, candidate.path);
  }
}

/** What it takes to make a bundle of a candidate that is here. */
interface Packing {
  readonly workDirectory: string;
  readonly approve: (sha256: string | undefined) => void;
  readonly trust: TrustRules | undefined;
  readonly tell: (event: Preparing) => void;
  readonly clock: Clock;
}

async function packed(
  candidate: Candidate,
  local: Pick<LocalCandidate, 'kind' | 'path'>,
  { workDirectory, approve, trust, tell, clock }: Packing,
): Promise<Publishable> {
  const name = `${candidate.id.name}-${candidate.id.revision}`;
  let directory = local.path;
  if (local.kind === 'bundle') {
    if (trust !== undefined) approve((await fileDigest(local.path)).sha256);
    directory = join(workDirectory, name);
    await extractBundle(local.path, directory, { durable: false });
  }
  const formula = await readFormula(directory);
  // The listing of the repository and this reading may lie a while apart, and what was chosen is the id.
  if (formula.name !== candidate.id.name || formula.revision !== candidate.id.revision)
    throw new FormulaChanging({ path: candidate.path });
  const manifest = await listTree(directory);
  const bundle = join(workDirectory, `${name}.tar.gz`);
  const told = tellingPacked(name, treeSize(manifest), tell, clock);
  const digest = await bundleTree(directory, manifest, bundle, defaultLimits, told);
  approve(digest.sha256);
  const { signature, change, path, kind } = candidate;
  const offered = offeredAs(candidate);
  return {
    bundle,
    digest,
    formula,
    manifest,
    source: { path, kind },
    ...(offered !== undefined && { offered }),
    ...(signature !== undefined && { signature }),
    ...(change !== undefined && { change }),
  };
}

/** Gives the check of who signed it; without a digest, that is all that is looked at. */
function approving(
  { id: { name, revision }, signature }: Candidate,
  trust: TrustRules | undefined,
  clock: Clock,
): (sha256: string | undefined) => void {
  if (trust === undefined) return () => undefined;
  return (sha256) => {
    if (sha256 === undefined) checkFormulaSigner(trust, { name, revision }, signature, clock.now());
    else checkFormulaSignature(trust, { name, revision, sha256 }, signature, clock.now());
  };
}

/** Tells at once, and then every few seconds. */
function tellingPacked(
  formula: string,
  total: number,
  tell: (event: Preparing) => void,
  clock: Clock,
): (bytes: number) => void {
  if (total <= WORTH_TELLING) return () => undefined;
  const say = (bytes: number): void =>
    tell({ kind: 'preparing', what: 'packing', formula, done: Math.min(bytes, total), total });
  let last = clock.monotonic();
  say(0);
  return (bytes) => {
    if (clock.monotonic() - last < TELL_EVERY) return;
    last = clock.monotonic();
    say(bytes);
  };
}

async function fetched(
  candidate: RemoteCandidate,
  workDirectory: string,
): Promise<Pick<LocalCandidate, 'kind' | 'path'>> {
  return candidate.fetch(mkdtempSync(join(workDirectory, 'fetched-')));
}
