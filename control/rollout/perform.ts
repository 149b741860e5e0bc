import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import {
  NodeExists,
  NodeNotFound,
  OutcomeUnknown,
  VersionConflict,
} from '../../state/coordination/errors.js';
import { type Entity, nodeValue, parseSound } from '../../state/model/entity.js';
import { recordOperations } from '../../state/model/history.js';
import { newEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { type Rollout, wayOf, writeRollout } from '../../state/model/rollout.js';
import { type Flag, flagSchema } from '../../state/model/request-schemas.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import type { RolloutWrite } from './decision.js';
import type { RolloutUnit } from './rollout-unit.js';
import { performClone, removeLeft } from './perform-clone.js';
import type { Performing } from './performing.js';
import { TurnedMeanwhile, turnBack } from './turn-back.js';
import {
  FLAGS_PER_WRITE,
  flagging,
  flagOf,
  flagOperations,
  gateOpened,
  inState,
  unflagOperations,
} from './written.js';

/** What was written. */
export interface Written {
  /** The rollout as it is now; undefined where that is to be read. */
  readonly rollout?: Rollout;
  /** The flags that units have now; undefined for those that have none any more. */
  readonly flags: ReadonlyMap<string, Flag | undefined>;
}

const TO_BE_READ: Written = { flags: new Map() };

/**
 * Does one of the writes that were decided, under the guard of the rollout they were decided by.
 * @returns undefined where somebody else was faster, or nobody knows: then it is to be read and decided again
 */
export async function perform(
  parts: Performing,
  service: string,
  rollout: Entity<Rollout>,
  write: RolloutWrite,
  now: number,
): Promise<Written | undefined> {
  try {
    switch (write.kind) {
      case 'flag': {
        const units = write.units.slice(0, FLAGS_PER_WRITE);
        await flag(parts, service, rollout, units, now);
        const flags = new Map(units.map((unit) => [unit.name, flagOf(rollout.value, unit, now)]));
        return { rollout: flagging(rollout.value, now), flags };
      }
      case 'unflag': {
        const units = write.units.slice(0, FLAGS_PER_WRITE);
        const standing = await flagVersions(parts.coordinator, units, true);
        await apply(parts, unflagOperations(service, rollout, standing));
        return {
          rollout: rollout.value,
          flags: new Map([...standing.keys()].map((name) => [name, undefined])),
        };
      }
      case 'state':
        await apply(parts, await stateOperations(parts, service, rollout, write, now));
        return TO_BE_READ;
      case 'gate':
        await apply(parts, await gateOperations(parts, service, rollout, write.gate, now));
        return TO_BE_READ;
      case 'close':
        await apply(parts, writeRollout(service, rollout, { ...rollout.value, closed: true }));
        return TO_BE_READ;
      case 'clone':
        await performClone(parts, service, rollout, write, now);
        return TO_BE_READ;
      case 'left':
        await removeLeft(parts, service, rollout, write.clones, now);
        return TO_BE_READ;
      case 'turn-back':
        await turnBack(parts, service, rollout, write.reason, now);
        return TO_BE_READ;
    }
  } catch (error) {
    if (isRace(error)) return undefined;
    throw error;
  }
}

/** Somebody wrote in between, or the answer was lost. */
export function isRace(error: unknown): boolean {
  return [NodeExists, NodeNotFound, VersionConflict, OutcomeUnknown, TurnedMeanwhile].some(
    (kind) => error instanceof kind,
  );
}

async function apply({ coordinator, guard }: Performing, operations: readonly Operation[]): Promise<void> {
  await coordinator.transaction([...(guard === undefined ? [] : [guard]), ...operations]);
}

/** Those that are known to have a flag are read for its version; the others too where one turns out to have one. */
async function flag(
  parts: Performing,
  service: string,
  rollout: Entity<Rollout>,
  units: readonly RolloutUnit[],
  now: number,
): Promise<void> {
  const withStanding = async (flagged: readonly RolloutUnit[]): Promise<void> => {
    const standing = await flagVersions(
      parts.coordinator,
      flagged.map(({ name }) => name),
    );
    await apply(parts, flagOperations(service, rollout, units, standing, now));
  };
  try {
    await withStanding(units.filter((unit) => unit.flag !== undefined));
  } catch (error) {
    if (!(error instanceof NodeExists)) throw error;
    await withStanding(units);
  }
}

/** @param ours only flags of rollouts, as they are to be taken off */
async function flagVersions(
  coordinator: Coordinator,
  units: readonly string[],
  ours = false,
): Promise<ReadonlyMap<string, number>> {
  if (units.length === 0) return new Map();
  const nodes = await coordinator.getMany(units.map(paths.upgrade));
  return new Map(
    units.flatMap((unit, index) => {
      const node = nodes[index];
      if (node === undefined) return [];
      const flag = parseSound(paths.upgrade(unit), flagSchema, node, [])?.value;
      return ours && flag?.rollout === undefined ? [] : [[unit, node.version] as const];
    }),
  );
}

/** The state goes on the service's record with what it was; with the last canary, new units start with the new formula. */
async function stateOperations(
  { coordinator }: Performing,
  service: string,
  rollout: Entity<Rollout>,
  write: Extract<RolloutWrite, { kind: 'state' }>,
  now: number,
): Promise<readonly Operation[]> {
  const { id } = rollout.value;
  const entry = newEntry({
    at: new Date(now).toISOString(),
    what: 'rollout',
    outcome: write.state === 'failed' ? 'failed' : 'done',
    ...wayOf(rollout.value),
    message: write.reason === '' ? write.state : `${write.state}: ${write.reason}`,
    details: { rollout: id, state: write.state },
  });
  const started = write.state === 'done' ? await startOperations(coordinator, service) : [];
  return [
    ...writeRollout(service, rollout, inState(rollout.value, write, now)),
    ...started,
    ...(await recordOperations(coordinator, [service], entry)),
  ];
}

/** From the moment when all resume, new units start with the new formula. */
async function gateOperations(
  { coordinator }: Performing,
  service: string,
  rollout: Entity<Rollout>,
  gate: Extract<RolloutWrite, { kind: 'gate' }>['gate'],
  now: number,
): Promise<readonly Operation[]> {
  const entry = newEntry({
    at: new Date(now).toISOString(),
    what: 'rollout',
    outcome: 'done',
    ...wayOf(rollout.value),
    message: gate === 'go' ? 'go: all units are ready' : 'resume: the hooks of all units are through',
    details: { rollout: rollout.value.id, gate },
  });
  return [
    ...writeRollout(service, rollout, gateOpened(rollout.value, gate, now)),
    ...(gate === 'resume' ? await startOperations(coordinator, service) : []),
    ...(await recordOperations(coordinator, [service], entry)),
  ];
}

/** The operations after which new units start with the service's formula. */
export async function startOperations(
  coordinator: Coordinator,
  service: string,
): Promise<readonly Operation[]> {
  const path = paths.service(service);
  const found = parseSound(path, serviceSchema, await coordinator.get(path), []);
  if (found === undefined || found.value.startWith === undefined) return [];
  const { startWith: _startWith, ...value } = found.value;
  return [{ kind: 'set', path, value: nodeValue(value), version: found.version }];
}
