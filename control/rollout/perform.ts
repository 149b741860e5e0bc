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
import { flagSchema } from '../../state/model/request-schemas.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import type { RolloutWrite } from './decision.js';
import { performClone, removeLeft } from './perform-clone.js';
import type { Performing } from './performing.js';
import { TurnedMeanwhile, turnBack } from './turn-back.js';
import { FLAGS_PER_WRITE, flagOperations, gateOpened, inState, unflagOperations } from './written.js';

/**
 * Does one of the writes that were decided, under the guard of the rollout they were decided by.
 * @returns the units that were written; undefined where somebody else was faster, or nobody knows: then it is to be read and
 *   decided again
 */
export async function perform(
  parts: Performing,
  service: string,
  rollout: Entity<Rollout>,
  write: RolloutWrite,
  now: number,
): Promise<readonly string[] | undefined> {
  try {
    switch (write.kind) {
      case 'flag': {
        const units = write.units.slice(0, FLAGS_PER_WRITE);
        const names = units.map(({ name }) => name);
        const standing = await flagVersions(parts.coordinator, names);
        await apply(parts, flagOperations(service, rollout, units, standing, now));
        return names;
      }
      case 'unflag': {
        const units = write.units.slice(0, FLAGS_PER_WRITE);
        const standing = await flagVersions(parts.coordinator, units, true);
        await apply(parts, unflagOperations(service, rollout, standing));
        return units;
      }
      case 'state':
        await apply(parts, await stateOperations(parts, service, rollout, write, now));
        return [];
      case 'gate':
        await apply(parts, await gateOperations(parts, service, rollout, write.gate, now));
        return [];
      case 'close':
        await apply(parts, writeRollout(service, rollout, { ...rollout.value, closed: true }));
        return [];
      case 'clone':
        await performClone(parts, service, rollout, write, now);
        return [];
      case 'left':
        await removeLeft(parts, service, rollout, write.clones, now);
        return [];
      case 'turn-back':
        await turnBack(parts, service, rollout, write.reason, now);
        return [];
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

/** @param ours only flags of rollouts, as they are to be taken off */
async function flagVersions(
  coordinator: Coordinator,
  units: readonly string[],
  ours = false,
): Promise<ReadonlyMap<string, number>> {
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
