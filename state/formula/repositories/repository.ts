import type { EnsembleError } from '../../platform/errors.js';
import type { BrokenCandidate, Candidate } from '../candidate.js';
import { FormulaNotFound, RevisionNotFound } from '../errors.js';
import type { GitHeads } from './git-fetch.js';
import { closestName } from '../suggestion.js';

/** Where formulas come from, as it was when it was asked. */
export interface Repository {
  /** A service remembers it by this: for a directory its path, absolute and without links, or else its URL. */
  readonly location: string;
  /** The first part of its formulas' ids. */
  readonly name: string;
  /** What its offers rest on, such as its heads: as long as it is the same, so are they. Undefined where that is not told. */
  readonly validator?: string | undefined;
  /** For a git repository: the refs that its location and its candidates named. */
  readonly heads?: GitHeads | undefined;
  /** The names of all formulas in it that can be read, sorted. */
  readonly formulas: readonly string[];
  /** The problems of the others. Each is thrown too when it is what was asked for, see `latest` and `find`. */
  readonly problems: readonly RepositoryProblem[];
  /** All readable revisions of a formula, the oldest first; none for a name that is not there. */
  revisions(name: string): readonly Candidate[];
  /**
   * The highest revision that is not withdrawn. A broken one that is, or may be, higher still is not passed over: its error is thrown.
   * @throws FormulaNotFound, FormulaContentsDiffer, the error of a broken one
   */
  latest(name: string): Candidate;
  /** @throws FormulaNotFound, RevisionNotFound, FormulaContentsDiffer, the error of a broken one */
  find(name: string, revision: number): Candidate;
}

interface RepositoryProblem {
  readonly path: string;
  readonly name: string;
  readonly revision?: number;
  readonly error: EnsembleError;
}

/** A repository that offers these; revisions of one formula may stand in any order. */
export function repositoryOf(
  location: string,
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
      repository: location,
      known: formulas,
      suggestion: closestName(formula, formulas),
    });
  return {
    location,
    name,
    formulas,
    problems,
    revisions,
    latest(formula) {
      const best = revisions(formula).findLast(({ withdrawn }) => withdrawn === undefined);
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
      throw new RevisionNotFound({ formula, revision, repository: location, known });
    },
  };
}
