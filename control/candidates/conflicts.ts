import type { OpenCandidate } from '../../state/model/candidates.js';

/** Several open changes that claim one revision of one formula. */
export interface Conflict {
  readonly formula: string;
  readonly revision: number;
  /** Of the changes; at least two. */
  readonly keys: readonly string[];
}

/**
 * The revisions that more than one open change claims. Only one of these can be released; which, nobody can know before,
 * so none is chosen by itself. A stale change claims nothing.
 * @param candidates of one repository
 */
export function conflictsOf(candidates: readonly OpenCandidate[]): readonly Conflict[] {
  const claims = new Map<string, OpenCandidate[]>();
  for (const each of candidates) {
    if (each.stale === true) continue;
    const claim = `${each.formula}-${each.revision}`;
    claims.set(claim, [...(claims.get(claim) ?? []), each]);
  }
  return [...claims.values()].flatMap((claimed) => {
    const [first] = claimed;
    if (first === undefined || claimed.length < 2) return [];
    const { formula, revision } = first;
    return [{ formula, revision, keys: claimed.map(({ key }) => key).toSorted() }];
  });
}

/**
 * The candidate of a formula that may be taken without naming its change: the only fresh one. Undefined where there is
 * none, or where several changes propose the formula.
 */
export function onlyCandidate(
  candidates: readonly OpenCandidate[],
  formula: string,
): OpenCandidate | undefined {
  const [first, ...others] = candidates.filter((each) => each.formula === formula && each.stale !== true);
  return others.length === 0 ? first : undefined;
}

/** The other changes that claim the same revision of the formula. */
export function rivalsOf(
  { key, formula, revision }: Pick<OpenCandidate, 'key' | 'formula' | 'revision'>,
  candidates: readonly OpenCandidate[],
): readonly string[] {
  const conflict = conflictsOf(candidates).find(
    (each) => each.formula === formula && each.revision === revision && each.keys.includes(key),
  );
  return conflict?.keys.filter((each) => each !== key) ?? [];
}
