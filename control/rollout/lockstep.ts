import { gateOf, type LockstepGate, passageOf } from '../../state/model/lockstep.js';
import { goalOf, type Rollout } from '../../state/model/rollout.js';
import type { RolloutRules } from '../../state/formula/rollout-parameters.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { Judged } from './judge.js';

/** Standings of units that have their rollout's formula already. */
const HAVE_IT: ReadonlySet<Judged['standing']> = new Set(['there', 'absent', 'settling']);

/** The gate that is to be opened now; undefined while units are waited for, or where there is none. */
export function gateToOpen(
  rollout: Rollout,
  rules: RolloutRules,
  units: readonly Judged[],
): Exclude<LockstepGate, 'back'> | undefined {
  const passage = passageOf(rollout);
  const open = gateOf(rollout);
  if (passage === undefined || (open !== undefined && open !== 'go')) return undefined;
  const party = units.filter((judged) => isOfParty(judged, rules));
  const isWaitedFor = waitsFor(rollout, passage);
  if (party.every(({ standing }) => HAVE_IT.has(standing)) || party.some(isWaitedFor)) return undefined;
  return open === 'go' ? 'resume' : 'go';
}

/** The names of the units that those which are at the present gate wait for. */
export function waitedFor(
  rollout: Rollout,
  rules: RolloutRules,
  units: readonly Judged[],
): readonly string[] {
  const passage = passageOf(rollout);
  if (passage === undefined) return [];
  const isWaitedFor = waitsFor(rollout, passage);
  return units
    .filter((judged) => isOfParty(judged, rules) && isWaitedFor(judged))
    .map(({ unit: { name } }) => name);
}

/** True if units are paused, and are left so by a rollout that stops here. */
export function leavesPaused(rollout: Rollout): boolean {
  return gateOf(rollout) === 'go';
}

/**
 * A unit that the others go with. One whose agent is away is none where somebody allowed that. One that could not be
 * installed has never run.
 */
function isOfParty({ unit, standing }: Judged, { allowMissing }: RolloutRules): boolean {
  if (standing === 'coming') return unit.agentUp && !isErrorState(unit.state);
  return unit.agentUp || !allowMissing;
}

function waitsFor(rollout: Rollout, passage: string): (judged: Judged) => boolean {
  const open = gateOf(rollout);
  const goal = goalOf(rollout);
  return ({ unit, standing }) => {
    if (HAVE_IT.has(standing)) return false;
    const { upgrade, agentUp, state } = unit;
    if (!agentUp || upgrade?.lockstep !== passage || upgrade.to !== goal) return true;
    const isThrough = state === 'upgrading' && upgrade.step === 'committing';
    return !(isThrough || (open === undefined && upgrade.step === 'waiting'));
  };
}
