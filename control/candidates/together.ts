import { createHash } from 'node:crypto';
import type { OpenCandidate } from '../../state/model/candidates.js';

/** Candidates that are tried together. */
export interface CandidateSet<C extends OpenCandidate = OpenCandidate> {
  /** What they need first, the change that was asked for last. One that proposes several formulas is there with each. */
  readonly members: readonly C[];
  /** Changes that one of them needs and that are not open where it is watched: merged, closed or elsewhere. */
  readonly absent: readonly string[];
}

/**
 * The set of a change: it, what it needs, what that needs, and so on. Each comes after what it needs, unless they need each
 * other; then the circle ends where it began.
 * @param id such as `github.com/owner/name#22`
 * @param all candidates of all repositories that are watched
 */
export function setOf<C extends OpenCandidate>(id: string, all: readonly C[]): CandidateSet<C> {
  const byId = new Map<string, C[]>();
  for (const each of all) byId.set(each.id, [...(byId.get(each.id) ?? []), each]);
  const members: C[] = [];
  const absent = new Set<string>();
  const seen = new Set<string>();
  // Not by recursion: descriptions are anybody's text, and a chain may be as long as it likes.
  const path: { readonly id: string; readonly needs: string[] }[] = [];
  const enter = (next: string): void => {
    seen.add(next);
    const found = byId.get(next) ?? [];
    if (found.length === 0) absent.add(next);
    path.push({ id: next, needs: [...new Set(found.flatMap(({ dependsOn }) => dependsOn))].sort() });
  };
  enter(id);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.needs.shift();
    if (next === undefined) {
      path.pop();
      members.push(...(byId.get(top.id) ?? []));
    } else if (!seen.has(next)) enter(next);
  }
  return { members, absent: [...absent].filter((each) => each !== id).sort() };
}

/**
 * What a trial of a change rests on: the commits of all members of its set, in whatever order they are named. It is another
 * one once any of them moves, comes or goes.
 */
export function setFingerprint(id: string, all: readonly OpenCandidate[]): string {
  const { members } = setOf(id, all);
  const parts = members.map((each) => `${each.id} ${each.formula}-${each.revision} ${each.commit}`).sort();
  return createHash('sha256')
    .update([id, ...parts].join('\n'))
    .digest('hex')
    .slice(0, 32);
}

/** A change to be tried, since it or something that it needs is another one than when it was last. */
export interface DueTrial {
  readonly id: string;
  readonly fingerprint: string;
  readonly members: readonly OpenCandidate[];
}

/**
 * The changes that are to be tried: those whose fingerprint is not the one that was stored when they were tried last. Stale
 * ones are not, but for what others need of them.
 * @param stored by the change's id
 */
export function dueTrials(
  all: readonly OpenCandidate[],
  stored: Readonly<Record<string, string>>,
): readonly DueTrial[] {
  const ids = [...new Set(all.filter(({ stale }) => stale !== true).map(({ id }) => id))].sort();
  return ids.flatMap((id) => {
    const fingerprint = setFingerprint(id, all);
    return stored[id] === fingerprint ? [] : [{ id, fingerprint, members: setOf(id, all).members }];
  });
}
