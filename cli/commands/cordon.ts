import type { Session } from '../../control/session.js';
import { systemClock } from '../../state/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { cordonMachine, uncordonMachine } from '../../control/cordon.js';
import { readMachines } from '../../state/model/machines.js';
import { MachineNotFound } from '../../state/model/errors.js';
import { paths, serviceOfUnit, unitOfNode } from '../../state/model/paths.js';
import { placeWaiting } from '../../state/model/placement.js';
import type { Cordon } from '../../state/model/schemas.js';
import type { ExitCode, Invocation } from '../invocation.js';
import { record } from '../observing/record.js';
import { printable } from '../../state/platform/printable.js';
import { requester } from '../requester.js';
import { withSession } from '../session.js';

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
    const services = await servicesOn(coordinator, names);
    const by = requester(systemClock.now());
    for (const name of names) {
      const wanted: Cordon = { since: by.requestedAt, by: by.by, ...(reason !== undefined && { reason }) };
      const before = await cordonMachine(coordinator, name, wanted);
      invocation.output.notice(cordoned(name, wanted, before));
      if (before !== undefined && (reason === undefined || reason === before.reason)) continue;
      const message = `${name}${reason === undefined ? '' : `: ${reason}`}`;
      for (const service of services.get(name) ?? [])
        await record(session, invocation.output, service, by, { what: 'cordon', message });
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
    const services = await servicesOn(coordinator, names);
    const by = requester(systemClock.now());
    for (const name of names) {
      const before = await uncordonMachine(coordinator, name);
      invocation.output.notice(
        before === undefined ? `${name} is not cordoned` : `${name} takes new units again`,
      );
      if (before === undefined) continue;
      for (const service of services.get(name) ?? [])
        await record(session, invocation.output, service, by, { what: 'uncordon', message: name });
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

/** The services with units on each of these machines: on whose record it stands. @throws MachineNotFound */
async function servicesOn(
  coordinator: Coordinator,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const machines = await readMachines(coordinator);
  const known = machines.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new MachineNotFound(unknown, known);
  return new Map(machines.map(({ name, units }) => [name, [...new Set(units.map(serviceOfUnit))].sort()]));
}
