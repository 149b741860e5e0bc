import type { Blocker } from '../../state/model/blocker.js';
import type { Hold } from '../../state/model/hold.js';
import type { UnitStatus } from '../../state/model/unit-schemas.js';
import { type CandidateStanding, onTrial } from '../candidates/standing.js';
import { cordonBlocker } from '../cordon.js';
import type { PendingRequest } from './pending-requests.js';
import { relationErrors, relationStates } from './relation-entries.js';
import type { UnitState } from './snapshot.js';
import type { UnitEntry, UpgradeEntry } from './status-document.js';

/** A unit's entry tells this of others. */
export interface Surroundings {
  /** The machines whose agents are up. */
  readonly up: ReadonlySet<string>;
  /** The units placed beside others, by those. */
  readonly beside: ReadonlyMap<string, readonly string[]>;
  readonly closed: readonly string[] | undefined;
  /** By formula id, how it is with the changes of candidates. */
  readonly candidates: ReadonlyMap<string, CandidateStanding> | undefined;
  /** Those on its service and the units of it that stand. */
  readonly holds: readonly Hold[];
}

/** The field for holds; none where there are none. */
export function holdsField(holds: readonly Hold[]): { readonly holds?: readonly Hold[] } {
  return holds.length > 0 ? { holds } : {};
}

/** A unit's entry. @param service its own, by name, and the formula that it is set to */
export function unitEntry(
  state: UnitState,
  service: { readonly name: string; readonly formula: string },
  { up, beside, closed, holds, candidates }: Surroundings,
): UnitEntry {
  const { name, unit, status } = state;
  const subordinates = beside.get(name) ?? [];
  const trial = unit.formula === null ? undefined : candidates?.get(unit.formula);
  const candidate = trial && onTrial({ name, formula: unit.formula }, service, trial);
  const isKept = unit.machine === null && unit.principal === undefined && closed !== undefined;
  const errors = relationErrors(status.relations);
  const isUp = unit.machine !== null && up.has(unit.machine);
  const upgrade = withoutAgent(upgradeEntry(state, service.formula), state, isUp);
  return {
    machine: unit.machine,
    agent: isUp ? 'up' : 'down',
    state: status.state,
    ...(isKept && { blockers: [cordonBlocker(closed)] }),
    ...(state.removing && { removing: true }),
    ...(!isUp && state.asked !== undefined && { asked: withIdentifiers(state.asked, status) }),
    formula: unit.formula,
    ...(candidate !== undefined && { candidate }),
    since: status.since,
    ...(unit.addresses !== undefined && { publicAddress: unit.addresses.public }),
    message: status.message,
    ...(status.brief !== undefined && { brief: status.brief }),
    ...(status.next !== undefined && { next: status.next }),
    ...(status.workload !== undefined && { workload: status.workload }),
    ...(status.health !== undefined && { health: status.health }),
    ...(unit.principal !== undefined && { principal: unit.principal }),
    ...(subordinates.length > 0 && { subordinates }),
    relations: relationStates(status.relations),
    ...(errors.length > 0 && { relationErrors: Object.fromEntries(errors) }),
    ...(status.hook !== undefined && { hook: status.hook }),
    ...(status.waiting !== undefined && { waiting: status.waiting }),
    ports: unit.ports,
    ...holdsField(holds.filter((hold) => hold.unit === name)),
    ...(upgrade !== undefined && { upgrade }),
  };
}

/** Names relations as all of status does: a request tells their numbers only. */
function withIdentifiers(
  asked: readonly PendingRequest[],
  { relations = {} }: UnitStatus,
): readonly PendingRequest[] {
  const ids = Object.keys(relations);
  return asked.map(({ relation, ...request }) =>
    relation === undefined
      ? request
      : { ...request, relation: ids.find((id) => id.endsWith(`:${relation}`)) ?? relation },
  );
}

/** An upgrade of a unit whose agent is away waits for that, whatever the agent said last. */
function withoutAgent(
  upgrade: UpgradeEntry | undefined,
  { unit: { machine }, flag }: UnitState,
  isUp: boolean,
): UpgradeEntry | undefined {
  if (upgrade === undefined || isUp || machine === null) return upgrade;
  const away: Blocker = {
    kind: 'agent',
    who: machine,
    reason: `the agent of ${machine} is away`,
    since: flag?.requestedAt ?? upgrade.since,
    ends: `it goes on by itself when the agent of ${machine} is back`,
  };
  return { ...upgrade, blockers: [away] };
}

function upgradeEntry({ unit, status, flag }: UnitState, target: string): UpgradeEntry | undefined {
  if (status.upgrade !== undefined) {
    const { step, from, to, since, blockers, postponed } = status.upgrade;
    return {
      step,
      from,
      to,
      since,
      ...(blockers !== undefined && { blockers }),
      ...(postponed !== undefined && { postponed }),
    };
  }
  if (flag === undefined) return undefined;
  return { step: 'wanted', from: unit.formula, to: flag.to ?? target, since: flag.requestedAt };
}
