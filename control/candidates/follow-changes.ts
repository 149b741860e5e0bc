import type { Candidates, OpenCandidate } from '../../state/model/candidates.js';

/** What a repository said of its open changes, with the formulas that each proposes. */
export type Listing =
  | {
      readonly candidates: readonly Omit<OpenCandidate, 'movedAt' | 'stale'>[];
      /** False where there may be more. */
      readonly whole: boolean;
    }
  /** It could not be asked: which is never the same as that nothing is open. */
  | { readonly why: string; readonly limited?: Candidates['limited'] };

/** Milliseconds after which a change that nobody moved is stale: 120 days. */
export const MAX_AGE = 120 * 86_400_000;

/** Candidates that one repository's node holds at most, the ones that moved last; it must fit into one node. */
export const MOST_CANDIDATES = 300;

/**
 * The candidates of a repository from what was known and what it says now. One comes when a change opens, changes with it,
 * and goes when it closes. One that nobody moved for `maxAge` is stale, and is not any more once its commit is another or
 * its date is later: a push may have an older date than what it takes the place of. Where the repository could not be
 * asked, all stay.
 * @param now milliseconds since the epoch
 */
export function followChanges(
  url: string,
  before: Candidates | undefined,
  listing: Listing,
  now: number,
  maxAge = MAX_AGE,
): Candidates {
  const known = before?.candidates ?? [];
  const at = new Date(now).toISOString();
  const next =
    'why' in listing
      ? { ...unasked(url, listing), candidates: known.map((each) => aged(each, now, maxAge)) }
      : listed(url, known, listing, now, maxAge);
  const tried = before?.tried === undefined ? {} : { tried: before.tried };
  const all = { ...next, ...tried };
  return { ...all, at: before !== undefined && isSame(before, all) ? before.at : at };
}

function unasked(
  url: string,
  { why, limited }: Extract<Listing, { readonly why: string }>,
): Omit<Candidates, 'at' | 'candidates'> {
  return { url, known: false, why, ...(limited !== undefined && { limited }) };
}

function listed(
  url: string,
  known: readonly OpenCandidate[],
  { candidates, whole }: Extract<Listing, { readonly whole: boolean }>,
  now: number,
  maxAge: number,
): Omit<Candidates, 'at'> {
  const found = candidates.map((each) => {
    const former = known.find(({ key, formula }) => key === each.key && formula === each.formula);
    return aged({ ...each, movedAt: movedAt(each, former, now) }, now, maxAge);
  });
  // What was there and is not in a listing that is cut short may be open still.
  const left = whole ? [] : known.filter((each) => !found.some(isOneWith(each)));
  const all = [...found, ...left].toSorted(
    (a, b) => compare(b.movedAt, a.movedAt) || compare(a.key, b.key) || compare(a.formula, b.formula),
  );
  const kept = all.slice(0, MOST_CANDIDATES).toSorted(byName);
  return { url, known: whole && kept.length === all.length, candidates: kept };
}

function isOneWith({ key, formula }: OpenCandidate): (other: OpenCandidate) => boolean {
  return (other) => other.key === key && other.formula === formula;
}

function byName(a: OpenCandidate, b: OpenCandidate): number {
  return compare(a.formula, b.formula) || a.revision - b.revision || compare(a.key, b.key);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A date of what comes is not believed beyond the present. */
function movedAt(
  { commit, updatedAt }: Pick<OpenCandidate, 'commit' | 'updatedAt'>,
  former: OpenCandidate | undefined,
  now: number,
): string {
  const said = Date.parse(updatedAt);
  const own = Number.isNaN(said) ? now : Math.min(said, now);
  if (former === undefined) return new Date(own).toISOString();
  const seen = Math.min(Date.parse(former.movedAt) || now, now);
  if (former.commit !== commit) return new Date(now).toISOString();
  // A date in the future does not make it move again and again.
  return new Date(former.updatedAt === updatedAt ? seen : Math.max(own, seen)).toISOString();
}

function aged({ stale: _stale, ...candidate }: OpenCandidate, now: number, maxAge: number): OpenCandidate {
  return now - Date.parse(candidate.movedAt) > maxAge ? { ...candidate, stale: true } : { ...candidate };
}

function isSame({ at: _at, ...before }: Candidates, next: Omit<Candidates, 'at'>): boolean {
  return JSON.stringify(sorted(before)) === JSON.stringify(sorted(next));
}

/** Nodes come back with their keys in any order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}
