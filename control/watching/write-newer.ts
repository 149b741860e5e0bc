import type { Node, Operation } from '../../state/coordination/coordinator.js';
import { nodeValue, parseSound } from '../../state/model/entity.js';
import { type Newer, newerSchema } from '../../state/model/newer.js';
import { paths } from '../../state/model/paths.js';
import type { NewerEntry } from '../newer/newer-document.js';

/** Milliseconds after which the same finding is written again, so that it stands: half of the time for which it does. */
const AGAIN = 12 * 3_600_000;
/** Milliseconds for which a finding outlives that its repository cannot be asked: as long as it counts. */
const OUTLIVES = 24 * 3_600_000;

/** Candidates that the node lists, the highest ones: a node has a bounded size. */
const MOST_CANDIDATES = 50;

/**
 * The operations that write what is newer for a service, where that is another finding than its node has, or soon too old
 * to count. That its repository is away takes the place of nothing that was found and still counts; that it answered, and what it
 * offers cannot be judged, does.
 * @param answered the repository did
 * @param node `/services/<service>/newer` as it was read
 * @param now milliseconds since 1970
 * @returns none where the node says so already
 */
export function newerOperations(
  service: string,
  node: Node | undefined,
  entry: NewerEntry,
  now: number,
  answered: boolean,
): readonly Operation[] {
  const path = paths.newer(service);
  const before = parseSound(path, newerSchema, node, [])?.value;
  const next = newerOf(entry, now);
  if (before !== undefined) {
    const age = Math.abs(now - Date.parse(before.at));
    if (isSame(before, next) && age < AGAIN) return [];
    const isAway = !next.known && !answered;
    if (isAway && before.known && before.formula === next.formula && age < OUTLIVES) return [];
  }
  const value = nodeValue(next);
  return [
    node === undefined
      ? { kind: 'create', path, value }
      : { kind: 'set', path, value, version: node.version },
  ];
}

function newerOf(entry: NewerEntry, now: number): Newer {
  const { formula, repository, deployed, known, why, eligible, questionable, urgent, candidates } = entry;
  return {
    at: new Date(now).toISOString(),
    formula,
    repository,
    deployed,
    known,
    ...(why !== undefined && { why }),
    eligible,
    questionable,
    urgent,
    candidates: candidates.slice(0, MOST_CANDIDATES).map((each) => ({ ...each, reasons: [...each.reasons] })),
  };
}

function isSame(before: Newer, next: Newer): boolean {
  return nodeValue({ ...before, at: '' }) === nodeValue({ ...next, at: '' });
}
