import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../platform/clock.js';
import type { Digest } from '../storage/storage.js';
import { requireAnswer } from './answering.js';
import { bundleTree } from './bundle.js';
import type { Candidate, LocalCandidate, RemoteCandidate } from './candidate.js';
import { FormulaChanging } from './errors.js';
import { extractBundle } from './extract.js';
import { type Formula, readFormula } from './formula.js';
import { defaultLimits } from './limits.js';
import { type Manifest, treeSize } from './manifest.js';
import { listTree } from './tree.js';

/** A formula ready to be uploaded. */
export interface Publishable {
  /** The file to upload. */
  readonly bundle: string;
  readonly digest: Digest;
  readonly formula: Formula;
  readonly manifest: Manifest;
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
export const worthTelling = 16_000_000;

/** Milliseconds between two words about one formula. */
const TELL_EVERY = 5_000;

/**
 * Checks the whole of a candidate and makes its bundle in `workDirectory`, which is the caller's to remove; where the candidate is a bundle, or lies elsewhere, `formula.directory` is a copy in there too. A bundle is unpacked and made
 * again, so that the same tree has the same sha256 however, and by what tool, it was packed.
 * @throws RepositoryNotFound where it does not answer; what `fetch` of the candidate throws; what `readFormula`, `bundleFormula` and `extractBundle` throw
 * @param tell hears how far a large one is
 */
export async function publishable(
  candidate: Candidate,
  workDirectory: string,
  tell: (event: Preparing) => void = () => undefined,
  clock: Clock = systemClock,
): Promise<Publishable> {
  const name = `${candidate.id.name}-${candidate.id.revision}`;
  mkdirSync(workDirectory, { recursive: true });
  if (candidate.kind === 'remote' && (candidate.size ?? 0) > worthTelling)
    tell({ kind: 'preparing', what: 'fetching', formula: name, done: 0, total: candidate.size ?? 0 });
  const local = candidate.kind === 'remote' ? await fetched(candidate, workDirectory) : candidate;
  await requireAnswer(local.path, 'whole');
  let directory = local.path;
  if (local.kind === 'bundle') {
    directory = join(workDirectory, name);
    await extractBundle(local.path, directory, { durable: false });
  }
  const formula = await readFormula(directory);
  // The listing of the repository and this reading may lie a while apart, and what was chosen is the id.
  if (formula.name !== candidate.id.name || formula.revision !== candidate.id.revision)
    throw new FormulaChanging({ path: candidate.path });
  const manifest = await listTree(directory);
  const bundle = join(workDirectory, `${name}.tar.gz`);
  const packed = tellingPacked(name, treeSize(manifest), tell, clock);
  const digest = await bundleTree(directory, manifest, bundle, defaultLimits, packed);
  return { bundle, digest, formula, manifest };
}

/** Tells at once, and then every few seconds. */
function tellingPacked(
  formula: string,
  total: number,
  tell: (event: Preparing) => void,
  clock: Clock,
): (bytes: number) => void {
  if (total <= worthTelling) return () => undefined;
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
