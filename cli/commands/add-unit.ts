import { forgetRest, growService, makeRest } from '../../control/deploy/add-units.js';
import { namesOf } from '../../control/names-of.js';
import { systemClock } from '../../state/platform/clock.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface AddUnitOptions extends FollowOptions {
  /** Default: 1. */
  readonly units?: number;
  readonly machine?: string;
  /** Those that were asked for and are not made. */
  readonly rest?: boolean;
  /** Nobody makes those any more. */
  readonly forgetRest?: boolean;
}

/** Adds units to a service and follows them until they run. */
export async function addUnit(
  service: string,
  options: AddUnitOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { units: count, machine, rest = false, forgetRest: isGivenUp = false } = options;
  const chosen = [count !== undefined && '--units', rest && '--rest', isGivenUp && '--forget-rest'];
  const [one, other] = chosen.filter((each) => each !== false);
  if (other !== undefined) throw invocation.misuse(`${one} and ${other} cannot be combined: choose one`);
  if (isGivenUp && machine !== undefined)
    throw invocation.misuse('--forget-rest and --machine cannot be combined: choose one');
  return withSession<ExitCode>(invocation, async (session) => {
    const by = requester(systemClock.now());
    if (isGivenUp) {
      const left = await forgetRest(session, { service, by });
      invocation.output.notice(
        left === 0
          ? `all units of ${service} that were asked for are made`
          : `${left} unit${left === 1 ? '' : 's'} of ${service} ${left === 1 ? 'is' : 'are'} not made any more`,
      );
      return 0;
    }
    const { formula, units, ofClone } = rest
      ? { ...(await makeRest(session, { service, machine, by })), ofClone: [] }
      : await growService(session, { service, count: count ?? 1, machine, by });
    if (units.length === 0) {
      invocation.output.notice(`all units of ${service} that were asked for are made`);
      return 0;
    }
    invocation.output.notice(`added ${namesOf(units)}`);
    if (ofClone.length > 0)
      invocation.output.notice(`and to its clone, which is being tried: ${namesOf(ofClone)}`);
    const goal = { service, kind: 'started', formula, forced: new Map() } as const;
    return followAndTell(session, invocation, goal, units, options);
  });
}
