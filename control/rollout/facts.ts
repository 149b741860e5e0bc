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

/**
 * Puts together what a rollout is decided by.
 * @param agentsUp the machines whose agent is up
 * @param made of the looks before, where somebody looks often
 */
export function factsOf(
  { service, formula, holds, clone }: ServiceFacts,
  units: Iterable<UnitState | undefined>,
  agentsUp: ReadonlySet<string>,
  made: MadeUnits = new MadeUnits(),
): RolloutFacts {
  const found: RolloutUnit[] = [];
  for (const state of units) {
    if (state === undefined) continue;
    const isUp = state.unit.machine !== null && agentsUp.has(state.unit.machine);
    found.push(made.of(state, { service, formula, holds, isUp }));
  }
  return { formula, units: found, ...(clone !== undefined && { clone }) };
}

interface Made extends Pick<ServiceFacts, 'formula' | 'holds'> {
  readonly unit: RolloutUnit;
}

interface Circumstances extends Pick<ServiceFacts, 'service' | 'formula' | 'holds'> {
  readonly isUp: boolean;
}

/**
 * Makes units of what was read of them, each once of the same: of many, few have another state than at the last look. Whoever
 * looks often keeps one.
 */
export class MadeUnits {
  readonly #made = new WeakMap<UnitState, Made>();

  of(state: UnitState, { service, formula, holds, isUp }: Circumstances): RolloutUnit {
    const before = this.#made.get(state);
    if (before?.formula === formula && before.holds === holds && before.unit.agentUp === isUp)
      return before.unit;
    const unit = rolloutUnit(state, formula, isUp, holdOn(service, state.name, holdsForAll(holds)));
    this.#made.set(state, { unit, formula, holds });
    return unit;
  }
}

function holdOn(service: string, unit: string, holds: readonly Hold[]): UnitBlocker | undefined {
  if (holds.length === 0) return undefined;
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
