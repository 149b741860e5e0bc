import { systemClock } from '../../state/platform/clock.js';
import { formatBytes } from '../../state/platform/format-bytes.js';
import { recordKeptPruning, requestKept } from '../../control/prune/kept.js';
import type { KeptUnit } from '../../state/model/kept.js';
import { MachineNotFound } from '../../state/model/errors.js';
import { type MachineState, readMachines } from '../../state/model/machines.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { awaitKept } from '../observing/await-kept.js';
import { type Format, printData } from '../output/output.js';
import { printable } from '../../state/platform/printable.js';
import { renderTable } from '../output/table.js';
import type { Session } from '../../control/session.js';
import { requester } from '../invocation/requester.js';
import { readStartAdvice, withSession } from '../invocation/session.js';

export interface PruneRemovedOptions {
  readonly dryRun?: boolean;
  readonly format: Format;
}

/** What one machine answered; fields are added, never renamed. */
interface Answer {
  readonly units: readonly KeptUnit[];
  /** Those that are not named, as there are too many. */
  readonly more: { readonly units: number; readonly bytes: number };
  /** Why nothing could be looked through. */
  readonly reason?: string | undefined;
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
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  return withSession<ExitCode>(invocation, async (session) => {
    const { coordinator } = session;
    const unit = of?.includes('/') ? of : undefined;
    const only = unit === undefined ? of : undefined;
    const known = await readMachines(coordinator);
    const names = known.map(({ name }) => name);
    if (only !== undefined && !names.includes(only))
      throw new MachineNotFound({ machine: only, known: names });
    const machines = known.filter(({ name }) => only === undefined || name === only);
    const keeping = machines.filter(({ machine }) => machine.kept !== undefined);
    const up = keeping.filter(({ agent }) => agent !== undefined);
    const by = requester(systemClock.now());
    const request = { ...(unit !== undefined && { unit }), ...(dryRun && { dryRun }) };
    if (!dryRun && up.length > 0)
      await recordKeptPruning(
        coordinator,
        unit,
        up.map(({ name }) => name),
        by,
      );
    const answers = await Promise.all(
      up.map(async ({ name }): Promise<readonly [string, Answer | 'unreached' | undefined]> => {
        const id = await requestKept(coordinator, name, request, by);
        return [name, await awaitKept(coordinator, name, id, invocation.output, interrupt.signal)];
      }),
    );
    if (interrupt.signal.aborted) {
      invocation.output.notice('stopped waiting; what an agent has begun to remove goes');
      return 130;
    }
    const removed = Object.fromEntries(
      answers.flatMap(([name, found]) =>
        found === undefined || found === 'unreached' ? [] : [[name, found]],
      ),
    );
    const unanswered = new Set(answers.flatMap(([name, found]) => (found === 'unreached' ? [name] : [])));
    const away = [
      ...machines.filter((machine) => !up.includes(machine) && mayKeep(machine, only)),
      ...up.filter(({ name }) => unanswered.has(name)).map((machine) => ({ ...machine, agent: undefined })),
    ];
    await warnOf(session, invocation, away);
    const unreached = away.map(({ name }) => name);
    const document = { dryRun, removed, ...(unreached.length > 0 && { unreached }) };
    for (const [name, { reason }] of Object.entries(removed))
      if (reason !== undefined)
        invocation.output.warn(`what ${printable(name)} keeps is left: ${printable(reason)}`);
    await printData(invocation.output, format, document, (columns) => tableOf(removed, dryRun, of, columns));
    const isLeft = Object.values(removed).some(
      ({ units, reason }) => reason !== undefined || units.some((unit) => unit.reason !== undefined),
    );
    return isLeft || away.length > 0 ? 1 : 0;
  });
}

/** Whether a machine that was not asked may keep something that was meant. */
function mayKeep({ machine }: MachineState, only: string | undefined): boolean {
  return only !== undefined || (machine.kept?.units ?? 0) > 0;
}

async function warnOf(
  session: Session,
  { globals, output }: Invocation,
  machines: readonly MachineState[],
): Promise<void> {
  const start = await readStartAdvice(
    session,
    globals,
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
  removed: Readonly<Record<string, Answer>>,
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
