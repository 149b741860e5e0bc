import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EnsembleError } from '../../platform/errors.js';
import { requireAnswer, whileItAnswers } from '../answering.js';
import {
  type BrokenCandidate,
  candidateManifest,
  inspectCandidate,
  type LocalCandidate,
} from '../candidate.js';
import { mapBounded } from '../concurrency.js';
import { comparePaths } from '../entry-path.js';
import { FormulaContentsDiffer, NotAFormula, RepositoryNotFound } from '../errors.js';
import { formatFormulaId, isRepositoryName } from '../formula-id.js';
import { sameManifest } from '../manifest.js';
import { type Repository, repositoryOf } from './repository.js';

/**
 * Reads a directory of formulas and bundles.
 * @param called its name, where that is not the directory's
 * @param silence milliseconds after which a directory that does not answer is given up
 * @throws RepositoryNotFound
 */
export async function openDirectory(path: string, silence?: number, called?: string): Promise<Repository> {
  return whileItAnswers(path, 'repository', () => readDirectory(path, called), silence);
}

async function readDirectory(path: string, called: string | undefined): Promise<Repository> {
  const real = realPath(path);
  const name = called ?? basename(real);
  if (!isRepositoryName(name))
    throw new RepositoryNotFound({
      path,
      reason: 'the name of its directory cannot be part of a formula id',
    });
  const inspected = await inspectDirectory(path, real, name);
  const broken = inspected.filter((each): each is BrokenCandidate => 'error' in each);
  const groups = new Map<string, LocalCandidate[]>();
  for (const each of inspected) {
    if ('error' in each) continue;
    const id = formatFormulaId(each.id);
    groups.set(id, [...(groups.get(id) ?? []), each]);
  }
  const offered: LocalCandidate[] = [];
  for (const [first, ...others] of groups.values()) {
    if (first === undefined) continue;
    const conflict = await findConflict(first, others);
    const signature = [first, ...others].find((each) => each.signature !== undefined)?.signature;
    if (conflict === undefined) offered.push({ ...first, ...(signature !== undefined && { signature }) });
    else broken.push({ path: first.path, name: first.id.name, revision: first.id.revision, error: conflict });
  }
  return repositoryOf(real, name, offered, broken);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new RepositoryNotFound(
      { path, reason: code === 'ENOENT' ? 'it does not exist' : `${code}` },
      { cause: error },
    );
  }
}

/** Every formula and bundle in the directory, understood or not. @throws RepositoryNotFound */
async function inspectDirectory(
  asked: string,
  real: string,
  name: string,
): Promise<readonly (LocalCandidate | BrokenCandidate)[]> {
  return mapBounded(listCandidates(asked, real), 4, ({ path, kind }) => inspectCandidate(path, kind, name));
}

/**
 * Lists everything in the directory that is, or looks like, a formula; sorted, so that of two equal ones always the
 * same is taken.
 */
function listCandidates(asked: string, real: string): { path: string; kind: LocalCandidate['kind'] }[] {
  const names = namesIn(asked, real);
  if (names.includes('metadata.yaml'))
    throw new RepositoryNotFound({
      path: asked,
      reason: 'it is itself a formula; name the directory that holds it',
    });
  const found: { path: string; kind: LocalCandidate['kind'] }[] = [];
  for (const name of names.filter((each) => !each.startsWith('.')).sort(comparePaths)) {
    const path = join(real, name);
    const stats = unlessRefused(() => statSync(path));
    if (stats?.isFile() && /\.(tar\.gz|tgz)$/.test(name)) found.push({ path, kind: 'bundle' });
    if (stats?.isDirectory() && looksLikeFormula(path)) found.push({ path, kind: 'directory' });
  }
  return found;
}

function namesIn(asked: string, real: string): readonly string[] {
  try {
    return readdirSync(real);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOTDIR' ? 'it is not a directory' : `it cannot be read (${code})`;
    throw new RepositoryNotFound({ path: asked, reason }, { cause: error });
  }
}

/** A folder of anything else is no problem worth a word; one with hooks was meant to be a formula. */
function looksLikeFormula(path: string): boolean {
  const names = unlessRefused(() => readdirSync(path)) ?? ['hooks'];
  return names.includes('metadata.yaml') || names.includes('hooks');
}

function unlessRefused<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

async function findConflict(
  first: LocalCandidate,
  others: readonly LocalCandidate[],
): Promise<EnsembleError | undefined> {
  if (others.length === 0) return undefined;
  try {
    for (const { path, kind } of [first, ...others])
      if (kind === 'directory') await requireAnswer(path, 'whole');
    const manifest = await candidateManifest(first);
    for (const other of others) {
      if (!sameManifest(manifest, await candidateManifest(other)))
        return new FormulaContentsDiffer({
          formula: formatFormulaId(first.id),
          first: first.path,
          second: other.path,
        });
    }
    return undefined;
  } catch (error) {
    return error instanceof EnsembleError
      ? error
      : new NotAFormula({ path: first.path, reason: (error as Error).message });
  }
}
