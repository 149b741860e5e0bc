import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EnsembleError } from '../platform/errors.js';
import { requireAnswer } from './answering.js';
import { type BrokenCandidate, type Candidate, candidateManifest, inspectCandidate } from './candidate.js';
import { mapBounded } from './concurrency.js';
import { comparePaths } from './entry-path.js';
import {
  FormulaContentsDiffer,
  FormulaNotFound,
  NotAFormula,
  RepositoryNotFound,
  RevisionNotFound,
} from './errors.js';
import { formatFormulaId, isRepositoryName } from './formula-id.js';
import { sameManifest } from './manifest.js';
import { closestName } from './suggestion.js';

/** A directory of formulas and bundles, as it was when it was opened. */
export interface Repository {
  /** Absolute, without links. */
  readonly path: string;
  /** The name of that directory; the first part of its formulas' ids. */
  readonly name: string;
  /** The names of all formulas in it that can be read, sorted. */
  readonly formulas: readonly string[];
  /** The problems of the others. Each is thrown too when it is what was asked for, see `latest` and `find`. */
  readonly problems: readonly RepositoryProblem[];
  /** All readable revisions of a formula, the oldest first; none for a name that is not there. */
  revisions(name: string): readonly Candidate[];
  /**
   * The highest revision. A broken one that is, or may be, higher still is not passed over: its error is thrown.
   * @throws FormulaNotFound, FormulaContentsDiffer, the error of a broken one
   */
  latest(name: string): Candidate;
  /** @throws FormulaNotFound, RevisionNotFound, FormulaContentsDiffer, the error of a broken one */
  find(name: string, revision: number): Candidate;
}

export interface RepositoryProblem {
  readonly path: string;
  readonly name: string;
  readonly revision?: number;
  readonly error: EnsembleError;
}

/**
 * @param silence milliseconds after which a directory that does not answer is given up
 * @throws RepositoryNotFound
 */
export async function openRepository(path: string, silence?: number): Promise<Repository> {
  await requireAnswer(path, 'repository', silence);
  const real = realPath(path);
  const name = basename(real);
  if (!isRepositoryName(name))
    throw new RepositoryNotFound({
      path,
      reason: 'the name of its directory cannot be part of a formula id',
    });
  const inspected = await mapBounded(listCandidates(path, real), 4, ({ path: each, kind }) =>
    inspectCandidate(each, kind, name),
  );
  const broken = inspected.filter((each): each is BrokenCandidate => 'error' in each);
  const groups = new Map<string, Candidate[]>();
  for (const each of inspected) {
    if ('error' in each) continue;
    const id = formatFormulaId(each.id);
    groups.set(id, [...(groups.get(id) ?? []), each]);
  }
  const offered: Candidate[] = [];
  for (const [first, ...others] of groups.values()) {
    if (first === undefined) continue;
    const conflict = await findConflict(first, others);
    if (conflict === undefined) offered.push(first);
    else broken.push({ path: first.path, name: first.id.name, revision: first.id.revision, error: conflict });
  }
  return assemble(real, name, offered, broken);
}

function assemble(
  path: string,
  name: string,
  offered: readonly Candidate[],
  problems: readonly BrokenCandidate[],
): Repository {
  const formulas = [...new Set(offered.map((each) => each.id.name))].sort();
  const revisions = (formula: string): readonly Candidate[] =>
    offered.filter((each) => each.id.name === formula).sort((a, b) => a.id.revision - b.id.revision);
  const notFound = (formula: string): FormulaNotFound =>
    new FormulaNotFound({
      formula,
      repository: path,
      known: formulas,
      suggestion: closestName(formula, formulas),
    });
  return {
    path,
    name,
    formulas,
    problems,
    revisions,
    latest(formula) {
      const best = revisions(formula).at(-1);
      const inTheWay = problems.find(
        (each) => each.name === formula && (each.revision ?? Infinity) > (best?.id.revision ?? -1),
      );
      if (inTheWay !== undefined) throw inTheWay.error;
      if (best === undefined) throw notFound(formula);
      return best;
    },
    find(formula, revision) {
      const all = revisions(formula);
      const found = all.find((each) => each.id.revision === revision);
      if (found !== undefined) return found;
      const asked = problems.find(
        (each) => each.name === formula && (each.revision ?? revision) === revision,
      );
      if (asked !== undefined) throw asked.error;
      if (all.length === 0) throw notFound(formula);
      const known = all.map((each) => each.id.revision);
      throw new RevisionNotFound({ formula, revision, repository: path, known });
    },
  };
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

/**
 * Lists everything in the directory that is, or looks like, a formula; sorted, so that of two equal ones always the
 * same is taken.
 */
function listCandidates(asked: string, real: string): { path: string; kind: Candidate['kind'] }[] {
  const names = namesIn(asked, real);
  if (names.includes('metadata.yaml'))
    throw new RepositoryNotFound({
      path: asked,
      reason: 'it is itself a formula; name the directory that holds it',
    });
  const found: { path: string; kind: Candidate['kind'] }[] = [];
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
  first: Candidate,
  others: readonly Candidate[],
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
