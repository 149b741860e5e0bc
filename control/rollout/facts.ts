import { type Hold, holdsForAll, holdsOn, holdText, longestHold } from '../../state/model/hold.js';
import { unholdCommand } from '../hold/errors.js';
import type { UnitState } from '../status/snapshot.js';
import type { CloneFacts } from './clone-facts.js';
import type { RolloutFacts } from './decision.js';
import { type RolloutUnit, rolloutUnit, type UnitBlocker } from './rollout-unit.js';

/** What is known besides the units. */
export interface ServiceFacts {
  readonly service: string;
  /** The formula that the service is set to. */
  readonly formula: string;
  /** Those that stand. */
  readonly holds: readonly Hold[];
  /** With strategy `clone`. */
  readonly clone?: CloneFacts | undefined;
}

/** Puts together what a rollout is decided by. @param agentsUp the machines whose agent is up */
export function factsOf(
  { service, formula, holds, clone }: ServiceFacts,
  units: Iterable<UnitState | undefined>,
  agentsUp: ReadonlySet<string>,
): RolloutFacts {
  const binding = holdsForAll(holds);
  return {
    formula,
    units: [...units].flatMap((state) => {
      if (state === undefined) return [];
      const isUp = state.unit.machine !== null && agentsUp.has(state.unit.machine);
      if (binding.length > 0)
        return [rolloutUnit(state, formula, isUp, holdOn(service, state.name, binding))];
      return [unheld(state, formula, isUp)];
    }),
    ...(clone !== undefined && { clone }),
  };
}

interface Made {
  readonly unit: RolloutUnit;
  readonly formula: string;
}

const made = new WeakMap<UnitState, Made>();

/** A unit that nobody holds is made once of each state: mostly few of many have another one than the last time. */
function unheld(state: UnitState, formula: string, isUp: boolean): RolloutUnit {
  const before = made.get(state);
  if (before !== undefined && before.formula === formula && before.unit.agentUp === isUp) return before.unit;
  const unit = rolloutUnit(state, formula, isUp);
  made.set(state, { unit, formula });
  return unit;
}

function holdOn(service: string, unit: string, holds: readonly Hold[]): UnitBlocker | undefined {
  const own = holdsOn(unit, holds);
  const hold = longestHold(own);
  return (
    hold && {
      kind: 'held',
      reason: holdText(hold),
      since: hold.since,
      until: hold.until,
      ends: unholdCommand(service, own),
    }
  );
}
