import {
  type CordonEvent,
  cordonMachines,
  machinesWithoutCordons,
  uncordonMachines,
} from '../../control/cordon.js';
import { systemClock } from '../../state/platform/clock.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface CordonOptions {
  readonly reason?: string;
}

/** Has machines take no new units: all of them are there, or none is cordoned. Again, it only changes the reason. */
export async function cordon(
  machines: readonly string[],
  { reason }: CordonOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const by = requester(systemClock.now());
    await cordonMachines(session, { machines, reason, by }, (event) =>
      invocation.output.notice(cordoned(event, reason)),
    );
    const old = await machinesWithoutCordons(session);
    if (old.length > 0)
      invocation.output.warn(
        `the agents of ${old.map(printable).join(', ')} are of release 0.1.0, which knows no cordons: they may place units that wait there all the same, until they are upgraded`,
      );
    return 0;
  });
}

function cordoned({ machine: name, before }: CordonEvent, reason: string | undefined): string {
  const stays = `its units stay, and it takes no new ones until: ensemble uncordon ${name}`;
  if (before === undefined) return `${name} is cordoned: ${stays}`;
  const since = `${name} is cordoned already, since ${before.since} by ${before.by}`;
  if (reason !== undefined && reason !== before.reason)
    return printable(`${since}; its reason is now: ${reason}`);
  return printable(`${since}${before.reason === undefined ? '' : `: ${before.reason}`}`);
}

/** Has machines take new units again, and places those that waited. */
export async function uncordon(machines: readonly string[], invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const by = requester(systemClock.now());
    await uncordonMachines(session, { machines, by }, ({ machine, before }) =>
      invocation.output.notice(
        before === undefined ? `${machine} is not cordoned` : `${machine} takes new units again`,
      ),
    );
    return 0;
  });
}
