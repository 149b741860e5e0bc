import { cordonMachine, uncordonMachine } from '../../control/cordon.js';
import type { Session } from '../../control/session.js';
import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { MachineNotFound } from '../../state/model/errors.js';
import { readMachines } from '../../state/model/machines.js';
import { paths, unitOfNode } from '../../state/model/paths.js';
import { placeWaiting } from '../../state/model/placement.js';
import type { Cordon } from '../../state/model/schemas.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface CordonOptions {
  readonly reason?: string;
}

/** Has machines take no new units: all of them are there, or none is cordoned. Again, it only changes the reason. */
export async function cordon(
  names: readonly string[],
  { reason }: CordonOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const { coordinator } = session;
    await requireMachines(coordinator, names);
    const by = requester(systemClock.now());
    for (const name of names) {
      const wanted: Cordon = { since: by.requestedAt, by: by.by, ...(reason !== undefined && { reason }) };
      const before = await cordonMachine(coordinator, name, wanted, by);
      invocation.output.notice(cordoned(name, wanted, before));
    }
    return 0;
  });
}

function cordoned(name: string, { reason }: Cordon, before: Cordon | undefined): string {
  const stays = `what is on it stays, and it takes no new units until: ensemble uncordon ${name}`;
  if (before === undefined) return `${name} is cordoned: ${stays}`;
  const since = `${name} is cordoned already, since ${before.since} by ${before.by}`;
  if (reason !== undefined && reason !== before.reason)
    return printable(`${since}; its reason is now: ${reason}`);
  return printable(`${since}${before.reason === undefined ? '' : `: ${before.reason}`}`);
}

/** Has machines take new units again, and places those that waited. */
export async function uncordon(names: readonly string[], invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const { coordinator } = session;
    await requireMachines(coordinator, names);
    const by = requester(systemClock.now());
    for (const name of names) {
      const before = await uncordonMachine(coordinator, name, by);
      invocation.output.notice(
        before === undefined ? `${name} is not cordoned` : `${name} takes new units again`,
      );
    }
    await placeThoseThatWait(session);
    return 0;
  });
}

/** Its agent does so too, once it is up. One unit that cannot be read waits, which `status` shows. */
async function placeThoseThatWait({ coordinator }: Session): Promise<void> {
  const waiting = ((await coordinator.children(paths.unplaced)) ?? []).map(unitOfNode);
  if (waiting.length > 0) await placeWaiting(coordinator, waiting, []);
}

/** @throws MachineNotFound */
async function requireMachines(coordinator: Coordinator, names: readonly string[]): Promise<void> {
  const known = (await readMachines(coordinator)).map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new MachineNotFound({ machine: unknown, known });
}
