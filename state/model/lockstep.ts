import * as z from '../platform/zod.js';
import { shown } from './shown.js';

/**
 * What a rollout in lockstep has opened. `go`: all units are prepared, and exchange their formula, each paused. `resume`:
 * the hooks of all succeeded, and all go on. `back`: all go back to what they ran. `resume` and `back` are final.
 */
export type LockstepGate = 'go' | 'resume' | 'back';

/**
 * The gates of a service's rollouts by passage, as they stand in its rollout's node. Those of rollouts before this one stay:
 * a unit whose agent was away learns from them how its own ended.
 */
export const gatesSchema = z.record(z.string(), shown<LockstepGate>());
export type Gates = z.infer<typeof gatesSchema>;

/** The part of a rollout that tells its gates. */
interface Gated {
  readonly id: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly to: string;
  readonly revertTo: string;
  readonly revert?: boolean | undefined;
  readonly gates?: Gates | undefined;
}

/** How many passages are remembered: an agent that was away for longer than that many finds its own forgotten. */
const REMEMBERED = 20;

/**
 * The passage that a rollout's units go through now; undefined where none is: with another strategy, or where the way there
 * was given up before anything resumed, so that each unit goes back for itself.
 */
export function passageOf(rollout: Gated): string | undefined {
  const { id, parameters, to, revertTo, revert = false, gates = {} } = rollout;
  if (parameters.strategy !== 'lockstep') return undefined;
  if (!revert || to === revertTo) return id;
  // Units that went on together go back together.
  return gates[id] === 'resume' ? `${id}-back` : undefined;
}

/** The gate that is open to the units of a rollout; undefined where none is yet, or it goes through none. */
export function gateOf(rollout: Gated): string | undefined {
  const passage = passageOf(rollout);
  return passage === undefined ? undefined : rollout.gates?.[passage];
}

/** The gates after one was opened. */
export function withGate(gates: Gates = {}, passage: string, gate: LockstepGate): Gates {
  const { [passage]: _before, ...others } = gates;
  return Object.fromEntries([...Object.entries(others), [passage, gate]].slice(-REMEMBERED));
}

/**
 * The gates when a rollout ends its present way, by whoever: a passage that has not resumed goes back, so that no unit of it
 * is left paused for good, nor ever resumed beside one that was not.
 */
export function settledGates(rollout: Gated): Gates | undefined {
  const passage = passageOf(rollout);
  if (passage === undefined || rollout.gates?.[passage] === 'resume') return rollout.gates;
  return withGate(rollout.gates, passage, 'back');
}
