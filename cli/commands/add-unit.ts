import { systemClock } from '../../state/platform/clock.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { requireService } from '../../state/model/services.js';
import { addUnits } from '../../state/model/units.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import { namesOf } from '../../control/names-of.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface AddUnitOptions extends FollowOptions {
  readonly units: number;
  readonly machine?: string;
}

/** Adds units to a service and follows them until they run. */
export async function addUnit(
  service: string,
  options: AddUnitOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const { coordinator } = session;
    const { formula } = (await requireService(coordinator, service)).value;
    const by = requester(systemClock.now());
    const units = await addUnits(
      coordinator,
      service,
      options.units,
      by.requestedAt,
      options.machine,
      (added) => requestEntry(by, { what: 'add-unit', message: namesOf(added) }),
    );
    invocation.output.notice(`added ${namesOf(units)}`);
    const goal = { service, kind: 'started', formula, forced: new Map() } as const;
    return followAndTell(session, invocation, goal, units, options);
  });
}
