import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { forgetKey } from '../../state/model/bundles.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { type HistoryEntry, requestEntry } from '../../state/model/history-entry.js';
import { oldTombstones, removeTombstone } from '../../state/model/tombstones.js';
import type { Requester } from '../../state/model/requester.js';
import { PruneIncomplete } from '../errors.js';
import type { Session } from '../session.js';
import { findPrunable, type LeftObject } from './find-prunable.js';
import { forgottenMarks, removeMark } from './prune-marks.js';
import { forgottenServices, machinesWithLogsOnly, removeHistory, removeLogs } from './prune-records.js';

const DAY = 86_400_000;

/** The things that may go. */
export interface PruneRequest {
  /** Only find out what would go. */
  readonly dryRun?: boolean;
  /** Revisions of each formula that stay although nothing needs them. */
  readonly keep: number;
  /** Days that the history of a service that is gone outlives its last entry; an agent's mark, without a machine, and a tombstone, too. */
  readonly historyDays: number;
}

/** The things that were pruned, or would be; fields are added, never renamed. */
export interface Pruned {
  readonly dryRun: boolean;
  readonly formulas: Readonly<
    Record<string, { readonly bytes: number; readonly bundle: 'removed' | 'kept' }>
  >;
  /** Bundles that an interrupted pruning had left in the storage. */
  readonly objects: readonly string[];
  /** Services that are gone. */
  readonly histories: readonly string[];
  /** Machines that are gone. */
  readonly logs: readonly string[];
  /** The ids of agents that have no machine any more. */
  readonly marks: readonly string[];
  /** Units that were removed by force, long ago, and whose agents never came back. */
  readonly tombstones: readonly string[];
}

/**
 * Prunes the session's environment.
 * @param requester who is on record for it: before the first thing goes, with what was asked, as each goes by a
 *   transaction of its own; and after the last one, or a failure, with what went
 * @throws PruneIncomplete, NodeInvalid
 */
export async function pruneAll(
  session: Session,
  { dryRun = false, keep, historyDays }: PruneRequest,
  requester?: Requester,
): Promise<Pruned> {
  const { coordinator } = session;
  const before = new Date(systemClock.now() - historyDays * DAY).toISOString();
  const [prunable, histories, logs, marks, tombstones] = await Promise.all([
    findPrunable(coordinator, keep),
    forgottenServices(coordinator, before),
    machinesWithLogsOnly(coordinator),
    forgottenMarks(coordinator, before),
    oldTombstones(coordinator, before),
  ]);
  const objects = prunable.left.map(({ key }) => key);
  const formulas: Record<string, { bytes: number; bundle: 'removed' | 'kept' }> = {};
  if (dryRun) {
    for (const formula of prunable.formulas)
      formulas[formula.id] = { bytes: formula.size, bundle: prunable.isOwn(formula) ? 'removed' : 'kept' };
    return { dryRun, formulas, objects, histories, logs, marks, tombstones };
  }
  const record =
    requester &&
    (await recordPruning(coordinator, requester, {
      formulas: prunable.formulas.map(({ id }) => id),
      objects,
      histories,
      logs,
      marks,
      tombstones,
    }));
  const gone = { histories: [], logs: [], marks: [], tombstones: [] } as Record<Kind, string[]>;
  const removed: string[] = [];
  let outcome: 'done' | 'failed' = 'failed';
  try {
    const left: LeftObject[] = [...prunable.left];
    for (const formula of prunable.formulas) {
      const end = await prunable.remove(formula);
      if (end === undefined) continue;
      formulas[formula.id] = { bytes: formula.size, bundle: end.left === undefined ? 'kept' : 'removed' };
      if (end.left !== undefined) left.push(end.left);
    }
    // The tree first: an object that is still there costs room, a formula without its object cannot be had.
    await removeObjects(session, left, (key) => removed.push(key));
    await removeEach(gone.histories, histories, (service) => removeHistory(coordinator, service));
    await removeEach(gone.logs, logs, (machine) => removeLogs(coordinator, machine));
    await removeEach(gone.marks, marks, (agentId) => removeMark(coordinator, agentId, before));
    await removeEach(gone.tombstones, tombstones, (unit) => removeTombstone(coordinator, unit, before));
    outcome = 'done';
    return { dryRun, formulas, objects, ...gone };
  } finally {
    const went = {
      formulas: Object.keys(formulas),
      objects: objects.filter((key) => removed.includes(key)),
      ...gone,
    };
    // Where it cannot be noted, the record says what was asked.
    await record?.(outcome, went).catch(() => undefined);
  }
}

type Kind = 'histories' | 'logs' | 'marks' | 'tombstones';

/** What goes, by its kind. */
type Going = Readonly<Record<string, readonly string[]>>;

/**
 * What may go is on record, as asked; a pruning that finds nothing is not.
 * @returns what puts in its place what went; undefined where nothing is on record
 */
async function recordPruning(
  coordinator: Coordinator,
  requester: Requester,
  going: Going,
): Promise<((outcome: 'done' | 'failed', went: Going) => Promise<void>) | undefined> {
  const entryOf = (kinds: Going): HistoryEntry => {
    const some = Object.entries(kinds).filter(([, names]) => names.length > 0);
    const message = some.map(([kind, names]) => `${kind}: ${names.join(' ')}`).join('; ');
    const details = Object.fromEntries(some);
    return requestEntry(requester, { what: 'prune', message: message || 'nothing', details });
  };
  if (Object.values(going).every((names) => names.length === 0)) return undefined;
  const write = (entry: HistoryEntry): Promise<void> =>
    retryOnConflict('the history', async () =>
      coordinator.transaction(await recordEnvironmentOperations(coordinator, entry)),
    );
  const asked = entryOf(going);
  await write(asked);
  return (outcome, went) => write({ ...entryOf(went), id: asked.id, outcome });
}

/** What cannot be removed now is remembered in the tree, and removed by the next pruning. */
async function removeObjects(
  { coordinator, storage }: Session,
  left: readonly LeftObject[],
  removed: (key: string) => void,
): Promise<void> {
  if (left.length === 0) return;
  const target = await storage();
  for (const [index, { sha256, key }] of left.entries()) {
    try {
      await target.remove(key);
    } catch (error) {
      if (!(error instanceof EnsembleError)) throw error;
      throw new PruneIncomplete({ bundles: left.length - index, reason: error.message }, { cause: error });
    }
    removed(key);
    await forgetKey(coordinator, sha256, key);
  }
}

/** Removes those for which that is possible, and names each of them in `removed` at once. */
async function removeEach(
  removed: string[],
  names: readonly string[],
  remove: (name: string) => Promise<boolean>,
): Promise<void> {
  for (const name of names) if (await remove(name)) removed.push(name);
}
