import { type KeptAnswer, pruneKept } from '../../control/prune/prune-kept.js';
import type { Output } from '../output/output.js';
import { systemClock } from '../../state/platform/clock.js';
import { formatBytes } from '../../state/platform/format-bytes.js';
import type { MachineState } from '../../state/model/machines.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { type Format, printData } from '../output/output.js';
import { printable } from '../../state/platform/printable.js';
import { renderTable } from '../output/table.js';
import type { Session } from '../../control/session.js';
import { requester } from '../invocation/requester.js';
import { readStartAdvice } from '../../control/start-advice.js';
import { interruptible } from '../invocation/interrupt.js';
import { withSession } from '../invocation/session.js';

export interface PruneRemovedOptions {
  readonly dryRun?: boolean;
  readonly format: Format;
}

/**
 * Has the agents remove what they keep of removed units, or of one, and waits for it.
 * @param of a machine or a unit; all of it without
 */
export async function pruneRemoved(
  of: string | undefined,
  { dryRun = false, format }: PruneRemovedOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { output } = invocation;
  return interruptible((interrupt) =>
    withSession<ExitCode>(invocation, async (session) => {
      const request = { of, dryRun, by: requester(systemClock.now()), interrupt };
      const pruned = await pruneKept(session, request, ({ kind, machine }) =>
        kind === 'waits'
          ? output.notice(`waiting for the agent on ${machine}`)
          : output.warn(`the agent on ${machine} went down; waiting for it to come back`),
      );
      if (pruned === undefined) {
        output.notice('stopped waiting; what an agent has begun to remove goes');
        return 130;
      }
      const { removed, away } = pruned;
      await warnOf(session, output, away);
      const unreached = away.map(({ name }) => name);
      const document = { dryRun, removed, ...(unreached.length > 0 && { unreached }) };
      for (const [name, { reason }] of Object.entries(removed))
        if (reason !== undefined) output.warn(`what ${printable(name)} keeps is left: ${printable(reason)}`);
      await printData(output, format, document, (columns) => tableOf(removed, dryRun, of, columns));
      const isLeft = Object.values(removed).some(
        ({ units, reason }) => reason !== undefined || units.some((unit) => unit.reason !== undefined),
      );
      return isLeft || away.length > 0 ? 1 : 0;
    }),
  );
}

async function warnOf(session: Session, output: Output, machines: readonly MachineState[]): Promise<void> {
  const start = await readStartAdvice(
    session,
    machines.map(({ name }) => name),
  );
  for (const { name, agent } of machines)
    output.warn(
      agent === undefined
        ? `${start.why(name)}, so what it keeps stays; ${start(name)}`
        : `the agent on ${name} is of a release that keeps nothing by this command; restart it with this release`,
    );
}

function tableOf(
  removed: Readonly<Record<string, KeptAnswer>>,
  dryRun: boolean,
  of: string | undefined,
  columns: number,
): readonly string[] {
  const rows = Object.entries(removed).flatMap(([machine, { units, more }]) => [
    ...units.map(({ unit, bytes, removedAt, until, directory, reason }) => [
      printable(unit),
      machine,
      formatBytes(bytes),
      removedAt.replace(/\.\d+Z$/, 'Z'),
      reason === undefined ? (until?.replace(/\.\d+Z$/, 'Z') ?? '-') : `is left: ${printable(reason)}`,
      printable(directory),
    ]),
    ...(more.units === 0 ? [] : [[`${more.units} more`, machine, formatBytes(more.bytes), '', '', '']]),
  ]);
  if (rows.length === 0) return [`nothing is kept of ${of === undefined ? 'removed units' : printable(of)}`];
  return renderTable(
    [[dryRun ? 'WOULD GO' : 'GONE', 'MACHINE', 'SIZE', 'REMOVED', 'KEPT UNTIL', 'DIRECTORY'], ...rows],
    columns,
  );
}
