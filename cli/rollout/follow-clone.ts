import type { FollowEnd } from '../../control/progress/follow.js';
import { unitsOfClone } from '../../control/rollout/clone-units.js';
import type { Session } from '../../control/session.js';
import type { Rollout } from '../../state/model/rollout.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation/invocation.js';
import { followedRollout } from './follow-rollout.js';

/**
 * Follows a rollout that makes a clone, or puts it in its service's place: the units of the clone, until it waits for a word,
 * failed, or is where it was to go.
 * @param ended told how the following ended, with the clone's units and the rollout as it was seen last
 */
export async function followClone(
  session: Session,
  service: string,
  rollout: Rollout,
  options: FollowOptions,
  invocation: Invocation,
  ended: (end: FollowEnd | undefined, units: readonly string[], last: Rollout) => Promise<void> = async () =>
    undefined,
): Promise<ExitCode> {
  const followed = followedRollout(session, service);
  // The clone, its units and their relations are made at once; before, there is nothing to follow.
  await followed.begin();
  const units = await unitsOfClone(session.coordinator, rollout);
  const goal = {
    service: rollout.clone?.service ?? service,
    kind: 'started',
    formula: rollout.to,
    forced: new Map<string, string>(),
  } as const;
  return followAndTell(session, invocation, goal, units, {
    ...options,
    rollout: followed,
    ended: (end) => ended(end, units, followed.last()?.rollout ?? rollout),
  });
}
