import type { SeenRollout } from '../../control/rollout/drive.js';
import { driveToRest, watchRollout } from '../../control/rollout/watch-rollout.js';
import type { Session } from '../../control/session.js';
import { systemClock } from '../../state/platform/clock.js';
import type { FollowedRollout, Verdict } from '../follow/followed-rollout.js';
import { verdictOf } from './verdict.js';

/** Milliseconds that are left to an agent that drives it too: two that race read all units again each time. */
const LEFT_TO_AGENTS = 200;

/**
 * A service's rollout as a command follows it: it drives it as well, so that no time is lost where no agent leads.
 * @param wantsBack it was asked to go back
 */
export function followedRollout(
  { coordinator }: Session,
  service: string,
  wantsBack = false,
): FollowedRollout & { last(): SeenRollout | undefined } {
  const parts = { coordinator, clock: systemClock, patience: LEFT_TO_AGENTS };
  let last: SeenRollout | undefined;
  const seen = (rollout: SeenRollout): void => {
    last = rollout;
  };
  return {
    async begin() {
      last = await driveToRest(parts, service);
    },
    watch: watchRollout(parts, service, seen),
    verdict: (): Verdict | undefined => last && verdictOf(service, last, wantsBack),
    last: () => last,
  };
}
