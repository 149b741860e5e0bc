import type { Problem } from '../../state/model/entity.js';
import type { Blocker } from '../../state/model/blocker.js';
import { type Hold, standingHolds } from '../../state/model/hold.js';
import { systemClock } from '../../state/platform/clock.js';
import type { Newer } from '../../state/model/newer.js';
import type { MachineState } from '../../state/model/machines.js';
import { type CandidateStanding, type OnTrial, onTrial } from '../candidates/standing.js';
import { cordonBlocker } from '../cordon.js';
import type { Cordon, Machine } from '../../state/model/machine-schemas.js';
import type { Service } from '../../state/model/service-schemas.js';
import type { UnitHealth, UnitStatus } from '../../state/model/unit-schemas.js';
import { unmadeBatches } from '../../state/model/unit-batches.js';
import { absenceFields, wayBack } from '../../state/model/absence.js';
import { type KeptEntry, keptEntry } from './kept-entry.js';
import type { PendingRequest } from './pending-requests.js';
import { type RolloutEntry, rolloutEntry } from './rollout-entry.js';
import type { ServiceState, Snapshot, UnitState } from './snapshot.js';
import {
  type RelationEntry,
  type RelationErrorEntry,
  relatedServices,
  relationEntry,
  relationErrors,
  relationStates,
} from './relation-entries.js';

/**
 * The output of `status --format json`: docs/operators.md, “status”. Others script against it: fields are added,
 * never renamed.
 */
export interface StatusDocument {
  readonly environment: string;
  readonly machines: Readonly<Record<string, MachineEntry>>;
  readonly services: Readonly<Record<string, ServiceEntry>>;
  /** Those of the services shown, by their numbers. */
  readonly relations: Readonly<Record<string, RelationEntry>>;
  /** Nodes of the state that cannot be read; only where there are such. What they say is left out, or `unknown`. */
  readonly problems?: readonly Problem[];
}

export interface MachineEntry {
  readonly agent: 'up' | 'down';
  readonly hostname: string;
  /** The agent's version; null while none is up. */
  readonly version: string | null;
  /** Its agent found no address that other machines could reach it by. */
  readonly noAddress?: true;
  readonly units: number;
  /** There while it takes no new units. */
  readonly cordoned?: Cordon;
  /** The units that were removed and are kept; only if there are any. */
  readonly kept?: KeptEntry;
  /** Bytes that are free on its disk, where it keeps more than that of removed units. */
  readonly free?: number;
  /**
   * For a machine that is down: when its agent was stopped, if it was; it is down since then, whatever its session
   * does.
   */
  readonly stopped?: string;
  /**
   * For a machine that is down: the pid of its agent, if that is suspended (Ctrl-Z, SIGSTOP) on the host that asks.
   */
  readonly suspended?: number;
  /** Of one that is down: what has its agent work again, e.g. `start it on db1: systemctl start ensemble-agent`. */
  readonly start?: string;
}

export interface ServiceEntry {
  readonly formula: string;
  /** The directory that `upgrade-formula` looks in. */
  readonly repository: string;
  readonly exposed: boolean;
  /** There while the service waits for its last units to stop. */
  readonly destroying?: true;
  /** There where its units are placed beside those of other services. */
  readonly subordinate?: true;
  /** The services on the other side, by the name of the service's own relation; of peers, the service itself. */
  readonly relations: Readonly<Record<string, readonly string[]>>;
  /** Relations that the formula requires and that are not there; only where there are such. */
  readonly missingRelations?: readonly string[];
  /** Who does not want it upgraded as a whole; only where there are such. */
  readonly holds?: readonly Hold[];
  /** Units that were asked for and are not made; only where there are such. A command makes them, or was interrupted. */
  readonly unmade?: UnmadeEntry;
  /** Its rollout, while something of it is to be done or to be said. */
  readonly rollout?: RolloutEntry;
  /** The newer revisions of its formula that may be taken; only where such are known. */
  readonly newer?: NewerKnown;
  readonly units: Readonly<Record<string, UnitEntry>>;
}

/** The highest revision of each class that is newer than what a service has; null where there is none. */
export interface NewerKnown {
  readonly eligible: number | null;
  readonly questionable: number | null;
  readonly urgent: number | null;
}

export interface UnmadeEntry {
  readonly units: number;
  /** The machines that were named for them; only where there are such. */
  readonly machines?: readonly string[];
  /** What makes them, where nobody is at it. */
  readonly next: string;
}

export interface UnitEntry {
  /** Null while the unit waits for a machine. */
  readonly machine: string | null;
  readonly agent: 'up' | 'down';
  readonly state: string;
  /** For a unit that waits for a machine: why, and the command that helps, if one does. */
  readonly blockers?: readonly { readonly reason: string; readonly next: string }[];
  /** There where somebody asked for the unit's removal, until it is gone. */
  readonly removing?: true;
  /** What was asked of it and is not taken up, as its agent is not there; only where something is. */
  readonly asked?: readonly PendingRequest[];
  /** The unit's formula; null until it is installed. */
  readonly formula: string | null;
  /** There where that is no release, but stands in an open change, or did. */
  readonly candidate?: OnTrial;
  readonly since: string;
  /** Where its machine is reached; there once its agent has taken it up. */
  readonly publicAddress?: string;
  readonly message: string;
  /** An error's message in a few words, the cause first; only where that is shorter. */
  readonly brief?: string;
  /** The operator's way out of an error; only if there is one. */
  readonly next?: string;
  /** What the formula says of its workload, where it says anything. */
  readonly workload?: string;
  /** What its hook `health-check` says, where its formula has one. */
  readonly health?: UnitHealth;
  /** For a subordinate: the unit it is placed beside. */
  readonly principal?: string;
  /** The units placed beside this one; only where there are such. */
  readonly subordinates?: readonly string[];
  /** `up`, `down` or `error`, by the relation's name; of several relations of one name, the worst. */
  readonly relations: Readonly<Record<string, string>>;
  /** Why relations are in error, by their identifiers; only where some are. */
  readonly relationErrors?: Readonly<Record<string, RelationErrorEntry>>;
  /** There while a hook of the unit, or a command in its place, runs for longer than a moment; on its machine. */
  readonly hook?: NonNullable<UnitStatus['hook']>;
  /** There while a hook of the unit waits for its next try. */
  readonly waiting?: NonNullable<UnitStatus['waiting']>;
  readonly ports: readonly string[];
  /** Who does not want this unit alone upgraded; only where there are such. */
  readonly holds?: readonly Hold[];
  /** There only while an upgrade is wanted, under way, blocked or failed. */
  readonly upgrade?: UpgradeEntry;
}

export interface UpgradeEntry {
  /** `wanted` until the agent has taken it up. */
  readonly step: string;
  readonly from: string | null;
  readonly to: string;
  readonly since: string;
  readonly blockers?: NonNullable<UnitStatus['upgrade']>['blockers'];
  /** There while it waits as the unit is busy: since when, and until when at most. */
  readonly postponed?: NonNullable<UnitStatus['upgrade']>['postponed'];
}

/**
 * Makes the document of what was read of an environment.
 * @param choice the options, with a space in front, by which an agent goes to the environment
 * @param now milliseconds since 1970: holds that are over by then are left out
 */
export function statusDocument(
  environment: string,
  snapshot: Snapshot,
  choice = '',
  now: number = systemClock.now(),
): StatusDocument {
  const { machines, closed, services, required, candidates, problems } = snapshot;
  const beside = subordinatesByPrincipal(services);
  const relations = services.flatMap((service) => service.relations);
  const up = new Set(machines.filter(({ agent }) => agent !== undefined).map(({ name }) => name));
  return {
    environment,
    machines: Object.fromEntries(machines.map((machine) => [machine.name, machineEntry(machine, choice)])),
    services: Object.fromEntries(
      services.map((service) => [
        service.name,
        serviceEntry(service, Object.keys(required.get(service.service.formula) ?? {}), {
          up,
          beside,
          closed,
          candidates,
          holds: standingHolds(service.holds, now),
        }),
      ]),
    ),
    relations: Object.fromEntries(
      relations.sort((a, b) => Number(a.id) - Number(b.id)).map((each) => [each.id, relationEntry(each)]),
    ),
    ...(problems.length > 0 && { problems }),
  };
}

/** A unit's entry tells this of others. */
interface Surroundings {
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

function subordinatesByPrincipal(services: readonly ServiceState[]): ReadonlyMap<string, readonly string[]> {
  const beside = new Map<string, readonly string[]>();
  for (const { name, unit } of services.flatMap(({ units }) => units)) {
    const { principal } = unit;
    if (principal !== undefined) beside.set(principal, [...(beside.get(principal) ?? []), name]);
  }
  return beside;
}

function machineEntry(
  { name, agent, absence, machine, units, isDamaged }: MachineState,
  choice: string,
): MachineEntry {
  return {
    agent: agent === undefined ? 'down' : 'up',
    hostname: machine.hostname,
    version: agent?.version ?? null,
    ...(machine.noAddress === true && { noAddress: true }),
    units: units.length,
    ...(machine.cordoned !== undefined && { cordoned: machine.cordoned }),
    ...keptFacts(machine),
    ...absenceFields(absence),
    ...(agent === undefined && isDamaged !== true && { start: wayBack(name, machine, choice, absence) }),
  };
}

function keptFacts(machine: Machine): Pick<MachineEntry, 'kept' | 'free'> {
  const kept = keptEntry(machine);
  if (kept === undefined) return {};
  const free = machine.disk?.free;
  return { kept, ...(free !== undefined && kept.bytes > free && { free }) };
}

function serviceEntry(
  { name, service, exposed, rollout, newer, units, relations }: ServiceState,
  required: readonly string[],
  around: Surroundings,
): ServiceEntry {
  const related = relatedServices(name, relations);
  const missing = required.filter((relation) => related[relation] === undefined);
  const entry = rolloutEntry(name, rollout, units);
  return {
    formula: service.formula,
    repository: service.repository.path,
    exposed,
    ...(service.destroying && { destroying: true }),
    ...(service.subordinate && { subordinate: true }),
    relations: related,
    ...(missing.length > 0 && { missingRelations: missing }),
    ...holdsField(around.holds.filter(({ unit }) => unit === undefined)),
    ...unmadeField(name, service),
    ...(entry !== undefined && { rollout: entry }),
    ...newerField(newer),
    units: Object.fromEntries(
      units.map((unit) => [unit.name, unitEntry(unit, { name, formula: service.formula }, around)]),
    ),
  };
}

function newerField(found: Newer | undefined): { readonly newer?: NewerKnown } {
  if (found === undefined) return {};
  const { eligible, questionable, urgent } = found;
  return (eligible ?? questionable ?? urgent) === null ? {} : { newer: { eligible, questionable, urgent } };
}

function unmadeField(name: string, service: Service): { readonly unmade?: UnmadeEntry } {
  const batches = unmadeBatches(service);
  const units = batches.reduce((sum, { units: all, made }) => sum + all - made, 0);
  if (units === 0 || service.destroying === true) return {};
  const machines = [...new Set(batches.flatMap(({ machine }) => machine ?? []))];
  const next = `ensemble add-unit --rest ${name}`;
  return { unmade: { units, ...(machines.length > 0 && { machines }), next } };
}

function holdsField(holds: readonly Hold[]): { readonly holds?: readonly Hold[] } {
  return holds.length > 0 ? { holds } : {};
}

function unitEntry(
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
  const identifiers = Object.keys(relations);
  return asked.map(({ relation, ...request }) =>
    relation === undefined
      ? request
      : { ...request, relation: identifiers.find((id) => id.endsWith(`:${relation}`)) ?? relation },
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
