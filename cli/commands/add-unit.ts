import { growService } from '../../control/deploy/add-units.js';
import { namesOf } from '../../control/names-of.js';
import { systemClock } from '../../state/platform/clock.js';
import { followAndTell } from '../follow/follow-and-tell.js';
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
    const { units: count, machine } = options;
    const by = requester(systemClock.now());
    const { formula, units } = await growService(session, { service, count, machine, by });
    invocation.output.notice(`added ${namesOf(units)}`);
    const goal = { service, kind: 'started', formula, forced: new Map() } as const;
    return followAndTell(session, invocation, goal, units, options);
  });
}
