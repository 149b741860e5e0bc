import { systemClock } from '../../state/clock.js';
import { EnsembleError } from '../../state/errors.js';
import { forgetKey } from '../../state/model/bundles.js';
import { findPrunable, type LeftObject } from '../../state/model/prune.js';
import { forgottenMarks, removeMark } from '../../state/model/prune-marks.js';
import {
  forgottenServices,
  machinesWithLogsOnly,
  removeHistory,
  removeLogs,
} from '../../state/model/prune-records.js';
import { PruneIncomplete } from '../errors.js';
import type { ExitCode, Invocation } from '../invocation.js';
import { type Format, printData } from '../output/output.js';
import { printable } from '../output/printable.js';
import { renderTable } from '../output/table.js';
import { type Session, withSession } from '../session.js';

const DAY = 86_400_000;

export interface PruneOptions {
  readonly dryRun?: boolean;
  /** Revisions of each formula that stay although nothing needs them. */
  readonly keep: number;
  /** Days that the history of a service that is gone outlives its last entry; an agent's mark, without a machine, too. */
  readonly historyDays: number;
  readonly format: Format;
}

/** What was pruned, or would be; fields are added, never renamed. */
interface Pruned {
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
}

/** Removes what nothing needs any more: formulas with their bundles, histories, logs, marks. */
export async function prune(options: PruneOptions, invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const pruned = await pruneAll(session, options);
    await printData(invocation.output, options.format, pruned, (columns) => tableOf(pruned, columns));
    return 0;
  });
}

/** Prunes the session's environment. @throws PruneIncomplete, NodeInvalid */
export async function pruneAll(
  session: Session,
  { dryRun = false, keep, historyDays }: Omit<PruneOptions, 'format'>,
): Promise<Pruned> {
  const { coordinator } = session;
  const before = new Date(systemClock.now() - historyDays * DAY).toISOString();
  const [prunable, histories, logs, marks] = await Promise.all([
    findPrunable(coordinator, keep),
    forgottenServices(coordinator, before),
    machinesWithLogsOnly(coordinator),
    forgottenMarks(coordinator, before),
  ]);
  const objects = prunable.left.map(({ key }) => key);
  const formulas: Record<string, { bytes: number; bundle: 'removed' | 'kept' }> = {};
  if (dryRun) {
    for (const formula of prunable.formulas)
      formulas[formula.id] = { bytes: formula.size, bundle: prunable.isOwn(formula) ? 'removed' : 'kept' };
    return { dryRun, formulas, objects, histories, logs, marks };
  }
  const left: LeftObject[] = [...prunable.left];
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
  };
}

/** What cannot be removed now is remembered in the tree, and removed by the next pruning. */
async function removeObjects({ coordinator, storage }: Session, left: readonly LeftObject[]): Promise<void> {
  if (left.length === 0) return;
  const target = await storage();
  for (const [index, { sha256, key }] of left.entries()) {
    try {
      await target.remove(key);
    } catch (error) {
      if (!(error instanceof EnsembleError)) throw error;
      throw new PruneIncomplete(left.length - index, error.message, { cause: error });
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

function tableOf(
  { dryRun, formulas, objects, histories, logs, marks }: Pruned,
  columns: number,
): readonly string[] {
  const rows = [
    ...Object.entries(formulas).map(([id, { bytes, bundle }]) => [
      'formula',
      printable(id),
      bundle === 'removed' ? `${bytes} bytes` : 'its bundle stays: others may need it',
    ]),
    ...objects.map((key) => ['object', key, 'left by a pruning that was interrupted']),
    ...histories.map((service) => ['history', service, 'the service is gone']),
    ...logs.map((machine) => ['logs', machine, 'the machine is gone']),
    ...marks.map((agentId) => ['mark', printable(agentId), 'the agent has no machine any more']),
  ];
  if (rows.length === 0) return ['nothing to prune'];
  return renderTable([[dryRun ? 'WOULD GO' : 'GONE', 'NAME', ''], ...rows], columns);
}
