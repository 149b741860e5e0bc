import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { forgetKey } from '../../state/model/bundles.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
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
 * @param requester who is on record for it, before the first thing goes, as each goes by a transaction of its own
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
  const left: LeftObject[] = [...prunable.left];
  if (requester !== undefined)
    await recordPruning(coordinator, requester, {
      formulas: prunable.formulas.map(({ id }) => id),
      objects,
      histories,
      logs,
      marks,
      tombstones,
    });
  for (const formula of prunable.formulas) {
    const removed = await prunable.remove(formula);
    if (removed === undefined) continue;
    formulas[formula.id] = { bytes: formula.size, bundle: removed.left === undefined ? 'kept' : 'removed' };
    if (removed.left !== undefined) left.push(removed.left);
  }
  // The tree first: an object that is still there costs room, a formula without its object cannot be had.
  await removeObjects(session, left);
  return {
    dryRun,
    formulas,
    objects,
    histories: await those(histories, (service) => removeHistory(coordinator, service)),
    logs: await those(logs, (machine) => removeLogs(coordinator, machine)),
    marks: await those(marks, (agentId) => removeMark(coordinator, agentId, before)),
    tombstones: await those(tombstones, (unit) => removeTombstone(coordinator, unit, before)),
  };
}

/** A pruning goes on record before it removes anything; one that finds nothing does not. */
async function recordPruning(
  coordinator: Coordinator,
  requester: Requester,
  going: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const some = Object.entries(going).filter(([, names]) => names.length > 0);
  if (some.length === 0) return;
  const message = some.map(([kind, names]) => `${kind}: ${names.join(' ')}`).join('; ');
  const entry = requestEntry(requester, { what: 'prune', message, details: Object.fromEntries(some) });
  await retryOnConflict('the history', async () =>
    coordinator.transaction(await recordEnvironmentOperations(coordinator, entry)),
  );
}

/** An object that cannot be removed now is remembered in the tree, and removed by the next pruning. */
async function removeObjects({ coordinator, storage }: Session, left: readonly LeftObject[]): Promise<void> {
  if (left.length === 0) return;
  const target = await storage();
  for (const [index, { sha256, key }] of left.entries()) {
    try {
      await target.remove(key);
    } catch (error) {
      if (!(error instanceof EnsembleError)) throw error;
      throw new PruneIncomplete({ bundles: left.length - index, reason: error.message }, { cause: error });
    }
    await forgetKey(coordinator, sha256, key);
  }
}

/** Those for which `remove` gives true. */
async function those(
  names: readonly string[],
  remove: (name: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of names) if (await remove(name)) removed.push(name);
  return removed;
}
