import { gateOf } from '../../state/model/lockstep.js';
import { goalOf } from '../../state/model/rollout.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { Watching } from '../progress/follow.js';
import type { Turn } from '../progress/watch-units.js';
import type { Blocker } from './blockers.js';
import { type Driving, driveRollout, type SeenRollout } from './drive.js';
import { isAtGate, type Judged } from './judge.js';
import type { RolloutUnit } from './rollout-unit.js';

/**
 * Watches units as `followUnits` wants it, and drives the rollout that they are in.
 * @param seen told of the rollout after each look
 */
export function watchRollout(
  parts: Driving,
  service: string,
  seen: (rollout: SeenRollout) => void,
): Watching {
  return (_coordinator, _names, look, failed) => {
    let last: SeenRollout | undefined;
    return driveRollout(
      parts,
      service,
      (found) => {
        if (found !== undefined) {
          last = found;
          seen(found);
          const { watched } = found;
          look({ ...watched, waiting: turnsOf(found), goesOn: goesOn(found) });
          return;
        }
        if (last?.rollout.clone !== undefined && last.rollout.promoted === true) {
          const reason = `${last.rollout.clone.service} is in its place`;
          seen({ ...last, rollout: { ...last.rollout, state: 'done', reason } });
          look({ ...last.watched, recent: true });
          return;
        }
        // The service is gone, and its units with it.
        if (last !== undefined) look({ ...last.watched, units: new Map(), recent: true });
      },
      failed,
    );
  };
}

/** Whether more happens, though no unit may be under way in this moment. */
export function goesOn({ rollout: { state }, decision }: SeenRollout): boolean {
  return (state === 'running' || state === 'reverting') && !decision.isStalled;
}

/** What keeps each unit that was not asked, or is waited for no more. */
function turnsOf(seen: SeenRollout): ReadonlyMap<string, Turn> {
  const turns = new Map<string, Turn>();
  const blockers = new Map<string, Blocker>();
  for (const each of seen.decision.blockers) if (!blockers.has(each.who)) blockers.set(each.who, each);
  for (const judged of seen.decision.units) {
    const turn = turnOf(seen, judged, blockers.get(judged.unit.name));
    if (turn !== undefined) turns.set(judged.unit.name, turn);
  }
  return turns;
}

function turnOf(
  seen: SeenRollout,
  { unit, standing, failure = '' }: Judged,
  blocker: Blocker | undefined,
): Turn | undefined {
  // What its agent says of an error says more.
  const isSaid = isErrorState(unit.state) || unit.bad.includes(goalOf(seen.rollout));
  if (standing === 'failed') return isSaid ? undefined : { reason: failure, on: 'failed' };
  if (isLeftAtGate(seen, unit)) return { reason: blocker?.reason ?? '', on: 'somebody' };
  if (standing !== 'waiting' && standing !== 'held') return undefined;
  // Whose turn it is changes all the time.
  const reason = blocker?.kind === 'turn' ? 'waits for its turn' : (blocker?.reason ?? '');
  return { reason, on: !unit.agentUp ? 'agent' : goesOn(seen) ? 'others' : 'somebody' };
}

/** True if it waits for others at a gate that nobody opens until somebody has the rollout go on. */
function isLeftAtGate({ rollout }: SeenRollout, unit: RolloutUnit): boolean {
  const stands = rollout.state === 'failed' || rollout.state === 'paused';
  return stands && unit.agentUp && isAtGate(unit, gateOf(rollout));
}

/**
 * Drives a rollout as far as it goes at once: until nothing is to be written now.
 * @returns how it stands then; undefined where the service has none
 */
export function driveToRest(parts: Driving, service: string): Promise<SeenRollout | undefined> {
  return new Promise((resolve, reject) => {
    const driver = driveRollout(
      parts,
      service,
      (found) => {
        if (found !== undefined && found.decision.writes.length > 0) return;
        // It may be told of before it is there to be ended.
        setImmediate(() => driver.end());
        resolve(found);
      },
      reject,
    );
  });
}
