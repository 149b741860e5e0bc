import { namesOf } from '../../control/names-of.js';
import { lostMachines, removeLostMachines, removeMachines } from '../../control/remove/remove-machines.js';
import type { Session } from '../../control/session.js';
import { systemClock } from '../../state/platform/clock.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';
import { NotConfirmed } from '../output/errors.js';

export interface RemoveMachineOptions {
  readonly force?: boolean;
  readonly yes?: boolean;
}

/** Forgets machines that are not used any more: all of them, or none; by force with the units they host. */
export async function forgetMachines(
  names: readonly string[],
  { force = false, yes = false }: RemoveMachineOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    if (force) await forgetLost(session, names, yes, invocation);
    else await removeMachines(session.coordinator, names, requester(systemClock.now()));
    invocation.output.notice(`removed ${namesOf(names)}`);
    return 0;
  });
}

async function forgetLost(
  session: Session,
  names: readonly string[],
  yes: boolean,
  { output }: Invocation,
): Promise<void> {
  const { coordinator } = session;
  const machines = await lostMachines(coordinator, names);
  const hosted = machines.flatMap(({ units }) => units);
  if (hosted.length > 0 && !yes)
    throw new NotConfirmed({
      what: `${namesOf(names)} with what is there, without a hook of it`,
      parts: hosted,
    });
  const { units, missing } = await removeLostMachines(coordinator, names, requester(systemClock.now()));
  if (units.length === 0) return;
  output.notice(`removed ${namesOf(units)}, without a hook`);
  for (const [service, count] of Object.entries(missing))
    output.notice(`to have as many units of ${service} again: ensemble add-unit -n ${count} ${service}`);
}
