import { lostMachines, removeLostMachines, removeMachines } from '../../control/machine-removal.js';
import { namesOf } from '../../control/names-of.js';
import type { Session } from '../../control/session.js';
import { readServiceState } from '../../control/status/snapshot.js';
import { systemClock } from '../../state/platform/clock.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { NotConfirmed } from '../output/errors.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

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
  const units = await removeLostMachines(coordinator, names, requester(systemClock.now()));
  if (units.length === 0) return;
  output.notice(`removed ${namesOf(units)}, without a hook`);
  for (const line of await replacementLines(session, units)) output.notice(line);
}

/** What brings as many units to the services that are there still; subordinates come with the units they are beside. */
async function replacementLines(
  { coordinator }: Session,
  units: readonly string[],
): Promise<readonly string[]> {
  const services = [...new Set(units.map(serviceOfUnit))];
  const found = await Promise.all(services.map((service) => readServiceState(coordinator, service)));
  return services.flatMap((service, index) => {
    const now = found[index]?.service;
    if (now === undefined || now.destroying === true || now.subordinate === true) return [];
    const count = units.filter((unit) => serviceOfUnit(unit) === service).length;
    return [`to have as many units of ${service} again: ensemble add-unit -n ${count} ${service}`];
  });
}
