import type { Coordinator } from '../state/coordination/coordinator.js';
import { isOpen, readRollout } from '../state/model/rollout.js';
import { RolloutUnderWay } from './errors.js';

/**
 * Refuses what would be lost with a service whose clone was promoted and takes its place.
 * @throws RolloutUnderWay
 */
export async function requireStaying(coordinator: Coordinator, service: string): Promise<void> {
  const rollout = (await readRollout(coordinator, service))?.value;
  if (rollout?.clone === undefined || rollout.promoted !== true) return;
  if (rollout.keep === true || !isOpen(rollout)) return;
  const { to, clone } = rollout;
  throw new RolloutUnderWay({ service, to, word: 'strategy', has: 'clone', promoted: clone.service });
}
