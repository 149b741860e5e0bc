import { gateOf } from '../../state/model/lockstep.js';
import { type Rollout, wayOf } from '../../state/model/rollout.js';
import { type Blocker, commandOf } from './blockers.js';
import { hasLostCanary } from './choose.js';
import { lackCommand } from './clone-facts.js';
import type { Decision } from './decision.js';
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
    next: nextCommand(service, rollout.value, decision),
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

/** What is left to be done where the promotion of a clone was aborted: the service stays beside it, maybe unrelated. */
export function finishCommand(service: string): string {
  return `ensemble destroy-service ${service}`;
}

/** What somebody types to have a rollout go on. */
function nextCommand(service: string, rollout: Rollout, { lacks, units }: Decision): string | null {
  const { state, gate, clone, promoted } = rollout;
  if (state === 'aborted' && clone !== undefined && promoted === true) return finishCommand(service);
  if (state === 'failed') return commandOf('retry', service);
  if (state !== 'paused') return null;
  if (clone !== undefined && gate === 'clone' && lacks !== undefined)
    return lackCommand(clone.service, lacks);
  // Another canary is tried then.
  const isTried = gate === 'clone' || (gate === 'canary' && !hasLostCanary(rollout, units));
  return commandOf(isTried ? 'promote' : 'resume', service);
}
