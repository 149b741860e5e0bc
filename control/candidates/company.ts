import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { OpenCandidate } from '../../state/model/candidates.js';
import { rivalsOf } from './conflicts.js';
import { shownCandidate } from './candidates-document.js';
import { candidatesPath, readCandidates } from './known-candidates.js';
import { setOf } from './together.js';

/** A candidate that another one needs. */
export interface NeededCandidate {
  readonly key: string;
  readonly formula: string;
  /** `mysql 14~pr22.g3fa9c1d`. */
  readonly shown: string;
}

/** What the watcher knows of a change besides what it proposes. */
export interface Company {
  /** The other changes that claim the same revision of the formula. */
  readonly rivals: readonly string[];
  /** What is to be tried together with it, each after what it needs. */
  readonly needs: readonly NeededCandidate[];
  /** What it needs that is not open where it is watched. */
  readonly absent: readonly string[];
}

/**
 * What is to be known of a change by whoever tries it; nothing where nobody watches its repository.
 * @param repository as it is remembered
 */
export async function companyOf(
  coordinator: Coordinator,
  repository: string,
  key: string,
  formula: string,
): Promise<Company> {
  const nodes = await readCandidates(coordinator);
  const path = candidatesPath(repository);
  const own = nodes.find(({ url }) => candidatesPath(url) === path)?.candidates ?? [];
  const candidate = own.find((each) => each.key === key && each.formula === formula);
  if (candidate === undefined) return { rivals: [], needs: [], absent: [] };
  const { members, absent } = setOf(
    candidate.id,
    nodes.flatMap(({ candidates }) => candidates),
  );
  const others = members.filter((each) => each.id !== candidate.id || each.formula !== formula);
  return { rivals: rivalsOf(candidate, own), needs: others.map(neededOf), absent };
}

function neededOf(candidate: OpenCandidate): NeededCandidate {
  const { key, formula } = candidate;
  return { key, formula, shown: shownCandidate(candidate) };
}
