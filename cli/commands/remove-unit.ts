import { systemClock } from '../../state/clock.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import { requestRemoval } from '../../state/model/removal.js';
import { warnOfAbsentAgents } from '../follow/follow-and-tell.js';
import { namesOf } from '../follow/summary.js';
import type { ExitCode, Invocation } from '../invocation.js';
import { record } from '../observing/record.js';
import { requester, withSession } from '../session.js';

/** Asks units to stop and go; either all of them exist, or none is asked. */
export async function removeUnits(
  units: readonly string[],
  { keepData = false }: { readonly keepData?: boolean },
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const by = requester(systemClock.now());
    await requestRemoval(session.coordinator, units, { ...by, ...(keepData && { keepData }) });
    for (const service of new Set(units.map(serviceOfUnit))) {
      const of = units.filter((unit) => serviceOfUnit(unit) === service);
      const message = namesOf(of);
      await record(session, invocation.output, service, by, { what: 'remove-unit', message });
    }
    const left = await Promise.all(units.map((unit) => session.coordinator.get(paths.unit(unit))));
    const gone = units.filter((_, index) => left[index] === undefined);
    const going = units.filter((_, index) => left[index] !== undefined);
    if (gone.length > 0) invocation.output.notice(`removed ${namesOf(gone)}`);
    if (going.length > 0) {
      const verb = going.length === 1 ? 'is' : 'are';
      invocation.output.notice(
        `${namesOf(going)} ${verb} asked to stop and go; see how far with: ensemble status`,
      );
    }
    await warnOfAbsentAgents(session, invocation, units);
    return 0;
  });
}
