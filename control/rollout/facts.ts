import { type Hold, holdsForAll, holdsOn, holdText, longestHold } from '../../state/model/hold.js';
import { unholdCommand } from '../hold/errors.js';
import type { UnitState } from '../status/snapshot.js';
import type { CloneFacts } from './clone-facts.js';
import type { RolloutFacts } from './decision.js';
import { rolloutUnit, type UnitBlocker } from './rollout-unit.js';

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
      return [rolloutUnit(state, formula, isUp, holdOn(service, state.name, binding))];
    }),
    ...(clone !== undefined && { clone }),
  };
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
