import { shownRevision, markRepository } from '../../state/formula/candidate-mark.js';
import type { Candidates, OpenCandidate } from '../../state/model/candidates.js';
import { rivalsOf } from './conflicts.js';
import { setOf } from './together.js';

/** An open change's formula as `ensemble watcher candidates` prints it; fields are added, never renamed. */
export interface CandidateEntry extends Omit<OpenCandidate, 'stale'> {
  /** `mysql 14~pr22.g3fa9c1d`. */
  readonly shown: string;
  readonly stale: boolean;
  /** The other changes that claim the same revision. */
  readonly conflicts: readonly string[];
  /** What is to be tried together with it, each after what it needs; without itself. */
  readonly needs: readonly { readonly id: string; readonly shown: string }[];
  /** What it needs that is not open where it is watched. */
  readonly absent: readonly string[];
}

/** The candidates of a repository. */
export interface RepositoryCandidates {
  readonly repository: string;
  /** False where there may be more, or the repository could not be asked. */
  readonly known: boolean;
  readonly why?: string;
  readonly candidates: readonly CandidateEntry[];
}

/** All that is open, by repository. */
export function candidatesDocument(all: readonly Candidates[]): readonly RepositoryCandidates[] {
  const everywhere = all.flatMap(({ candidates }) => candidates);
  return all.map(({ url, known, why, candidates }) => ({
    repository: url,
    known,
    ...(why !== undefined && { why }),
    candidates: candidates.map((each) => entryOf(each, candidates, everywhere)),
  }));
}

function entryOf(
  candidate: OpenCandidate,
  own: readonly OpenCandidate[],
  all: readonly OpenCandidate[],
): CandidateEntry {
  const { members, absent } = setOf(candidate.id, all);
  return {
    ...candidate,
    shown: shownCandidate(candidate),
    stale: candidate.stale === true,
    conflicts: rivalsOf(candidate, own),
    needs: members
      .filter(({ id }) => id !== candidate.id)
      .map((each) => ({ id: each.id, shown: shownCandidate(each) })),
    absent,
  };
}

/** A formula in an open change as people are shown it: `mysql 14~pr22.g3fa9c1d`. */
export function shownCandidate({ key, formula, revision, commit }: OpenCandidate): string {
  const repository = markRepository('', { key, commit });
  return `${formula} ${shownRevision({ repository: `-${repository}`, name: formula, revision })}`;
}
