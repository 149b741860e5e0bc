import { gateOf } from '../../state/model/lockstep.js';
import { wayOf } from '../../state/model/rollout.js';
import type { Blocker } from './blockers.js';
import { hasLostCanary, nextCommand, otherCommands } from '../status/next-of-rollout.js';
import { isHealthy } from './judge.js';
import type { ReadRollout } from './read-rollout.js';

/** A rollout for programs: its plan, where it stands, and each unit with what keeps it. */
export interface RolloutDocument {
  readonly service: string;
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly strategy: string;
  /** In lockstep: what is open to its units; null while they are prepared, and with any other strategy. */
  readonly gate: string | null;
  readonly state: string;
  readonly since: string;
  readonly reason: string;
  readonly by: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The command that has it go on; null where it does by itself, or is over. Of a promotion that was aborted, the one
   * that finishes it. */
  readonly next: string | null;
  /** The other commands that are for it where it waits for a word: those that go back, and that end it. */
  readonly otherwise: readonly string[];
  /** With strategy `clone`: the service that is to take this one's place, and whether it was promoted. */
  readonly clone?: { readonly service: string; readonly promoted: boolean };
  /** What keeps the rollout as a whole, or units that are none of its own. */
  readonly blockers: readonly Blocker[];
  /** With strategy `clone`, those of the clone. */
  readonly units: Readonly<Record<string, UnitDocument>>;
}

interface UnitDocument {
  readonly formula: string | null;
  readonly state: string;
  readonly step: string | null;
  readonly since: string;
  /** How often its hook was run, where one runs or waits. */
  readonly attempts: number;
  readonly healthy: boolean;
  readonly standing: string;
  readonly blockers: readonly Omit<Blocker, 'who'>[];
}

export function rolloutDocument(service: string, read: ReadRollout): RolloutDocument {
  const { rollout, decision, units } = read;
  const { id, state, stateSince, reason, by, parameters, clone, promoted } = rollout.value;
  const own = new Set(decision.units.map(({ unit }) => unit.name));
  const statuses = new Map(units.map(({ name, status }) => [name, status]));
  const ofUnits = new Map<string, Blocker[]>();
  for (const blocker of decision.blockers)
    ofUnits.set(blocker.who, [...(ofUnits.get(blocker.who) ?? []), blocker]);
  return {
    service,
    id,
    ...wayOf(rollout.value),
    strategy: parameters.strategy ?? '',
    gate: gateOf(rollout.value) ?? null,
    state,
    since: stateSince,
    reason: reason ?? '',
    by,
    parameters,
    next: nextCommand(service, rollout.value, {
      lacks: decision.lacks,
      isCanaryLost: hasLostCanary(
        rollout.value,
        decision.units.map(({ unit }) => unit),
      ),
    }),
    otherwise: otherCommands(service, rollout.value),
    ...(clone !== undefined && { clone: { service: clone.service, promoted: promoted === true } }),
    blockers: decision.blockers.filter(({ who }) => !own.has(who)),
    units: Object.fromEntries(
      decision.units.map(({ unit, standing }) => {
        const status = statuses.get(unit.name);
        const blockers = ofUnits.get(unit.name) ?? [];
        return [
          unit.name,
          {
            formula: unit.formula,
            state: unit.state,
            step: unit.upgrade?.step ?? null,
            since: unit.upgrade?.since ?? unit.since,
            attempts: status?.hook?.attempt ?? status?.waiting?.attempt ?? 0,
            healthy: isHealthy(unit),
            standing,
            blockers: blockers.map(({ who: _who, ...blocker }) => blocker),
          },
        ];
      }),
    ),
  };
}
