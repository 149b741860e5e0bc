import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../storage/storage.js';
import { requireAnswer } from './answering.js';
import { bundleTree } from './bundle.js';
import type { Candidate, LocalCandidate, RemoteCandidate } from './candidate.js';
import { FormulaChanging } from './errors.js';
import { extractBundle } from './extract.js';
import { type Formula, readFormula } from './formula.js';
import type { Manifest } from './manifest.js';
import { listTree } from './tree.js';

/** A formula ready to be uploaded. */
export interface Publishable {
  /** The file to upload. */
  readonly bundle: string;
  readonly digest: Digest;
  readonly formula: Formula;
  readonly manifest: Manifest;
}

/**
 * Checks the whole of a candidate and makes its bundle in `workDirectory`, which is the caller's to remove; where the candidate is a bundle, or lies elsewhere, `formula.directory` is a copy in there too. A bundle is unpacked and made
 * again, so that the same tree has the same sha256 however, and by what tool, it was packed.
 * @throws RepositoryNotFound where it does not answer; what `fetch` of the candidate throws; what `readFormula`, `bundleFormula` and `extractBundle` throw
 */
export async function publishable(candidate: Candidate, workDirectory: string): Promise<Publishable> {
  const name = `${candidate.id.name}-${candidate.id.revision}`;
  mkdirSync(workDirectory, { recursive: true });
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
  const digest = await bundleTree(directory, manifest, bundle);
  return { bundle, digest, formula, manifest };
}

async function fetched(
  candidate: RemoteCandidate,
  workDirectory: string,
): Promise<Pick<LocalCandidate, 'kind' | 'path'>> {
  return candidate.fetch(mkdtempSync(join(workDirectory, 'fetched-')));
}
