import type { Coordinator, Node } from '../../state/coordination/coordinator.js';
import type { RelationSpecs } from '../../state/formula/metadata.js';
import { systemClock } from '../../state/platform/clock.js';
import { readStandings } from '../candidates/read-standings.js';
import type { CandidateStanding } from '../candidates/standing.js';
import { closedMachines } from '../cordon.js';
import { parseSound, type Problem, readSound } from '../../state/model/entity.js';
import { NodeInvalid } from '../../state/model/errors.js';
import { type Newer, readNewer } from '../../state/model/newer.js';
import { metadataOf } from '../../state/model/formulas.js';
import type { Hold } from '../../state/model/hold.js';
import { readHoldsToShow } from '../../state/model/read-holds.js';
import { type MachineState, readMachines } from '../../state/model/machines.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import { type RelationNode, relationsOfService } from '../../state/model/relations.js';
import { type Flag, flagSchema } from '../../state/model/request-schemas.js';
import {
  type FormulaRecord,
  type Service,
  formulaRecordSchema,
  serviceSchema,
} from '../../state/model/service-schemas.js';
import { type Unit, type UnitStatus, statusSchema, unitSchema } from '../../state/model/unit-schemas.js';
import { type Rollout, readRollout } from '../../state/model/rollout.js';
import { unitsOfService } from '../../state/model/services.js';
import type { Outlook } from './next-of-rollout.js';
import { outlookOf } from './rollout-outlook.js';
import { type PendingRequest, readPendingRequests } from './pending-requests.js';

/** Units that are read at the same time. */
const UNITS_TOGETHER = 2_000;

/** A unit as observers see it. */
export interface UnitState {
  readonly name: string;
  readonly unit: Unit;
  readonly status: UnitStatus;
  /** Undefined unless an upgrade is wanted. */
  readonly flag: Flag | undefined;
  /** Somebody asked for its removal; read with its service only. */
  readonly removing?: true;
  /** What was asked of it and waits for its agent, which is not there; read with the environment only. */
  readonly asked?: readonly PendingRequest[];
  /** Why the unit's node or its status cannot be read: what stands in its place says nothing. */
  readonly damage?: string;
}

export interface ServiceState {
  readonly name: string;
  readonly service: Service;
  readonly exposed: boolean;
  /** Its last one, over or not. */
  readonly rollout?: Rollout;
  /** Where that waits for somebody; read with the environment only. */
  readonly outlook?: Outlook;
  /** What is newer than its formula, where somebody watches its repository. */
  readonly newer?: Newer;
  /** Those that are over too. */
  readonly holds: readonly Hold[];
  /** In their numbers' order. */
  readonly units: readonly UnitState[];
  /** In their numbers' order. */
  readonly relations: readonly RelationNode[];
}

/** Everything `status` shows, read at one time; entities that vanish while it is read are left out. */
export interface Snapshot {
  readonly machines: readonly MachineState[];
  /** All machines there are, where every one is cordoned, so that units without a machine wait. */
  readonly closed?: readonly string[];
  readonly services: readonly ServiceState[];
  /** The relations that the services' formulas require, by formula id; without those that are optional. */
  readonly required: ReadonlyMap<string, RelationSpecs>;
  /** How it is with the changes of the candidates that units run, by formula id. */
  readonly candidates?: ReadonlyMap<string, CandidateStanding>;
  /** The nodes that cannot be read, each once, by path. What can be read is shown all the same. */
  readonly problems: readonly Problem[];
}

/** Reads the environment; all reads are pipelined, none waits for a round trip per unit. */
export async function readSnapshot(coordinator: Coordinator): Promise<Snapshot> {
  const problems: Problem[] = [];
  const [machines, names] = await Promise.all([
    readMachines(coordinator, problems),
    coordinator.children(paths.services),
  ]);
  const services = await Promise.all(
    (names ?? []).map((name) => readServiceState(coordinator, name, problems)),
  );
  const standing = await withPending(
    coordinator,
    machines,
    services.filter((service) => service !== undefined),
    problems,
  );
  const formulas = standing.flatMap(({ units }) => units.map(({ unit }) => unit.formula));
  const [required, candidates] = await Promise.all([
    readRequired(coordinator, standing, problems),
    readStandings(coordinator, formulas, problems),
  ]);
  const closed = closedMachines(machines);
  return {
    machines,
    ...(closed !== undefined && { closed }),
    services: standing.map((service) => withOutlook(service, standing)),
    required,
    ...(candidates.size > 0 && { candidates }),
    problems: eachOnce(problems),
  };
}

function withOutlook(service: ServiceState, services: readonly ServiceState[]): ServiceState {
  const { rollout } = service;
  return rollout?.state === 'paused'
    ? { ...service, outlook: outlookOf(service, rollout, services) }
    : service;
}

/** Tells of the units whose agents are away what waits for those: in a second round, as there are mostly none. */
async function withPending(
  coordinator: Coordinator,
  machines: readonly MachineState[],
  services: readonly ServiceState[],
  problems: Problem[],
): Promise<readonly ServiceState[]> {
  const away = unitsAway(machines, services);
  if (away.length === 0) return services;
  const pending = await readPendingRequests(coordinator, away, problems);
  if (pending.size === 0) return services;
  const withAsked = (unit: UnitState): UnitState => {
    const asked = pending.get(unit.name);
    return asked === undefined ? unit : { ...unit, asked };
  };
  return services.map((service) => ({ ...service, units: service.units.map(withAsked) }));
}

/** The units of machines whose agents are not there. */
export function unitsAway(
  machines: readonly MachineState[],
  services: readonly ServiceState[],
): readonly string[] {
  const up = new Set(machines.filter(({ agent }) => agent !== undefined).map(({ name }) => name));
  return services.flatMap(({ units }) =>
    units.flatMap(({ name, unit: { machine } }) => (machine === null || up.has(machine) ? [] : [name])),
  );
}

/** A relation is read for each of its services. */
function eachOnce(problems: readonly Problem[]): readonly Problem[] {
  const byPath = new Map(problems.map((problem) => [problem.path, problem]));
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function readRequired(
  coordinator: Coordinator,
  services: readonly ServiceState[],
  problems: Problem[],
): Promise<ReadonlyMap<string, RelationSpecs>> {
  const ids = [...new Set(services.map(({ service }) => service.formula))];
  const records = await Promise.all(
    ids.map((id) => readSound(coordinator, paths.formula(id), formulaRecordSchema, problems)),
  );
  return new Map(
    records.flatMap((record, index) => {
      const id = ids[index];
      const requires = record && id !== undefined && requiredBy(id, record.value, problems);
      if (!requires || id === undefined) return [];
      return [[id, Object.fromEntries(Object.entries(requires).filter(([, { optional }]) => !optional))]];
    }),
  );
}

function requiredBy(id: string, record: FormulaRecord, problems: Problem[]): RelationSpecs | undefined {
  try {
    return metadataOf(id, record).requires;
  } catch (error) {
    if (!(error instanceof NodeInvalid)) throw error;
    problems.push({ path: error.path, reason: `${error.field}: ${error.reason}` });
    return undefined;
  }
}

/**
 * One service with its units, or undefined where there is none, or none that can be read.
 * @param problems gets the nodes that cannot be read
 */
export async function readServiceState(
  coordinator: Coordinator,
  name: string,
  problems: Problem[] = [],
): Promise<ServiceState | undefined> {
  const [service, unitNames, exposed, relations, holds, rollout] = await Promise.all([
    readSound(coordinator, paths.service(name), serviceSchema, problems),
    unitsOfService(coordinator, name),
    coordinator.get(paths.exposed(name)),
    relationsOfService(coordinator, name, problems),
    readHoldsToShow(coordinator, name, problems),
    readRollout(coordinator, name, problems),
  ]);
  if (service === undefined) return undefined;
  const { formula } = service.value;
  const [units, removals, newer] = await Promise.all([
    readUnitStates(coordinator, unitNames, problems),
    coordinator.getMany(unitNames.map(paths.removal)),
    readNewer(coordinator, { service: name, formula }, systemClock.now(), problems),
  ]);
  const standing = units.flatMap((unit, index) => {
    if (unit === undefined) return [];
    return [removals[index] === undefined ? unit : { ...unit, removing: true as const }];
  });
  return {
    name,
    service: service.value,
    exposed: exposed !== undefined,
    holds,
    ...(newer !== undefined && { newer }),
    ...(rollout !== undefined && { rollout: rollout.value }),
    units: standing,
    relations,
  };
}

/** One unit, or undefined where there is none. */
export async function readUnitState(coordinator: Coordinator, name: string): Promise<UnitState | undefined> {
  return (await readUnitStates(coordinator, [name]))[0];
}

/**
 * Units in the order of their names, undefined where there is none. Of each the status is read after the formula, so
 * that a formula that an upgrade just committed is never seen together with the status of before.
 * @param problems gets the nodes that cannot be read
 */
export async function readUnitStates(
  coordinator: Coordinator,
  names: readonly string[],
  problems: Problem[] = [],
): Promise<readonly (UnitState | undefined)[]> {
  const found: (UnitState | undefined)[] = [];
  // Some at a time: more of them under way at once take longer, since all of it is in memory then.
  for (let start = 0; start < names.length; start += UNITS_TOGETHER) {
    const together = names.slice(start, start + UNITS_TOGETHER);
    // In one reading, as a few units are one request then.
    const nodes = await coordinator.getMany(
      [paths.unit, paths.status, paths.upgrade].flatMap((pathOf) => together.map(pathOf)),
    );
    for (const [index, name] of together.entries()) {
      const [unit, status] = [nodes[index], nodes[together.length + index]];
      const flag = nodes[2 * together.length + index];
      found.push(unit && status && unitState(name, { unit, status, flag }, problems));
    }
  }
  return found;
}

/** Stands for a unit's state that cannot be read. */
export const UNREADABLE = 'unknown';

function unitState(
  name: string,
  nodes: { readonly unit: Node; readonly status: Node; readonly flag: Node | undefined },
  problems: Problem[],
): UnitState {
  const damaged: Problem[] = [];
  const unit = parseSound(paths.unit(name), unitSchema, nodes.unit, damaged);
  const status = parseSound(paths.status(name), statusSchema, nodes.status, damaged);
  problems.push(...damaged);
  const flag = parseSound(paths.upgrade(name), flagSchema, nodes.flag, problems)?.value;
  const damage = damaged.map(({ path, reason }) => `${path} is damaged: ${reason}`).join('; ');
  return {
    name,
    unit: unit?.value ?? {
      service: serviceOfUnit(name),
      machine: null,
      formula: null,
      ports: [],
      change: '',
    },
    status: status?.value ?? { state: UNREADABLE, since: '', message: damage },
    flag,
    ...(damage !== '' && { damage }),
  };
}
