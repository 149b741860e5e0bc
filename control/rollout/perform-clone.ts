import type { Operation } from '../../state/coordination/coordinator.js';
import { newChangeId } from '../../state/model/conflict.js';
import { endpointsOf, scopeOf } from '../../state/model/endpoints.js';
import { type Entity, nodeValue, readEntity } from '../../state/model/entity.js';
import { ServiceDestroying, ServiceExists } from '../../state/model/errors.js';
import { requireMetadata } from '../../state/model/formulas.js';
import { recordOperations } from '../../state/model/history.js';
import { newEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import {
  claimRelationNumbers,
  createRelationOperations,
  readRelation,
  relationsOfService,
  removingOperation,
} from '../../state/model/relations.js';
import type { CloneReference, Rollout } from '../../state/model/rollout.js';
import { readRollout, wayOf, writeRollout } from '../../state/model/rollout.js';
import type { Relation, RelationEndpoint } from '../../state/model/relation-schemas.js';
import { createService, requireService, unitsOfService } from '../../state/model/services.js';
import { configValuesSchema } from '../../state/model/service-schemas.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { placeSubordinates } from '../../state/model/subordinates.js';
import { unmadeBatches } from '../../state/model/unit-batches.js';
import { makeUnits } from '../deploy/make-units.js';
import { destroyClones, destroyService } from '../remove/destroy-service.js';
import { removeRelation } from '../remove/remove-relation.js';
import { type CloneStep, endsOf, isSame } from './clone-facts.js';
import type { Performing } from './performing.js';
import { TurnedMeanwhile } from './turn-back.js';

/** A rollout with the clone that it makes. */
interface Cloning {
  readonly parts: Performing;
  /** The service that is cloned. */
  readonly service: string;
  /** The clone's name. */
  readonly name: string;
  readonly rollout: Entity<Rollout>;
  readonly now: number;
}

/**
 * Does a step of a rollout with strategy `clone`. Each writes the rollout by the version it was decided by, before or with
 * what it does, so that one that is deposed, or decided by what was read before, does nothing.
 */
export async function performClone(
  parts: Performing,
  service: string,
  rollout: Entity<Rollout>,
  write: CloneStep,
  now: number,
): Promise<void> {
  const name = rollout.value.clone?.service ?? service;
  const cloning: Cloning = { parts, service, name, rollout, now };
  await betweenFaults(`clone.${write.step}`, () => perform(cloning, write));
}

async function perform(cloning: Cloning, write: CloneStep): Promise<void> {
  const { parts, service, name, rollout, now } = cloning;
  const { coordinator } = parts;
  const removal = { requestedAt: new Date(now).toISOString(), by: rollout.value.stateBy ?? rollout.value.by };
  switch (write.step) {
    case 'make':
      return make(cloning);
    case 'relate':
    case 'move':
      return relate(cloning, write.relation, write.step === 'move');
    case 'expose':
      return moveExposure(cloning);
    case 'units': {
      await claim(cloning);
      const { value } = await requireService(coordinator, name);
      for (const { first } of unmadeBatches(value))
        await makeUnits(coordinator, name, first, { now: removal.requestedAt });
      return;
    }
    case 'retire':
      await claim(cloning, await placedOperations(cloning));
      await destroyService(coordinator, service, removal);
      return;
    case 'unrelate': {
      await claim(cloning);
      const relations = await relationsOfService(coordinator, name);
      const standing = relations.filter(({ value }) => endsOf(value, name) !== undefined);
      await Promise.all(standing.map(({ number }) => removeRelation(coordinator, number, removal)));
      return;
    }
    case 'remove':
      await claim(cloning);
      await destroyService(coordinator, name, removal);
  }
}

/** Has clones of the rollouts before go, where they are still those. */
export async function removeLeft(
  parts: Performing,
  service: string,
  rollout: Entity<Rollout>,
  clones: readonly CloneReference[],
  now: number,
): Promise<void> {
  const { coordinator, guard } = parts;
  const removal = { requestedAt: new Date(now).toISOString(), by: rollout.value.by };
  await destroyClones(coordinator, clones, removal);
  const { left: _left, ...rest } = rollout.value;
  await coordinator.transaction([...guardOperations(guard), ...writeRollout(service, rollout, rest)]);
}

function guardOperations(guard: Operation | undefined): readonly Operation[] {
  return guard === undefined ? [] : [guard];
}

/** The operations by which this step is the one that goes on with the rollout. */
function claimOperations({ parts, service, rollout, now }: Cloning, made = false): readonly Operation[] {
  const { clone } = rollout.value;
  return [
    ...guardOperations(parts.guard),
    ...writeRollout(service, rollout, {
      ...rollout.value,
      ...(made && clone !== undefined && { clone: { ...clone, made } }),
      flaggedAt: new Date(now).toISOString(),
    }),
  ];
}

async function claim(cloning: Cloning, also: readonly Operation[] = []): Promise<void> {
  await cloning.parts.coordinator.transaction([...claimOperations(cloning), ...also]);
}

/** That the rollout is done goes on the record of both services before the one is gone, once. */
async function placedOperations({
  parts,
  service,
  name,
  rollout,
  now,
}: Cloning): Promise<readonly Operation[]> {
  const { coordinator } = parts;
  const { id } = rollout.value;
  if ((await requireService(coordinator, service)).value.destroying === true) return [];
  const entry = newEntry({
    at: new Date(now).toISOString(),
    what: 'rollout',
    outcome: 'done',
    ...wayOf(rollout.value),
    message: `done: ${name} is in the place of ${service}`,
    details: { rollout: id, state: 'done', clone: name },
  });
  // One of this id takes the place of what stands, where a driver died after it.
  return recordOperations(coordinator, [service, name], { ...entry, id: `${id}-done` });
}

/** Makes the service with what its source has: its config, its repository, how its rollouts go, and as many units. */
async function make(cloning: Cloning): Promise<void> {
  const { parts, service, name, rollout, now } = cloning;
  const { coordinator } = parts;
  const { to, id } = rollout.value;
  const [source, units, config] = await Promise.all([
    requireService(coordinator, service),
    unitsOfService(coordinator, service),
    readEntity(coordinator, paths.config(service), configValuesSchema),
  ]);
  const { repository, rollout: parameters } = source.value;
  const entry = newEntry({
    at: new Date(now).toISOString(),
    what: 'deploy',
    outcome: 'done',
    to,
    message: `as a clone of ${service}, ${units.length} unit${units.length === 1 ? '' : 's'}`,
  });
  await createService(
    coordinator,
    name,
    {
      formula: to,
      repository,
      ...(parameters !== undefined && { rollout: parameters }),
      cloneOf: { service, rollout: id },
      deploying: { units: units.length },
    },
    config?.value ?? {},
    entry,
    true,
    async () => {
      const standing = await readRollout(coordinator, service);
      // What was decided holds for the rollout as it was read, and for a service that stays.
      if (standing?.version !== rollout.version) throw new TurnedMeanwhile(paths.rollout(service));
      // What is set in this moment would be missed: it is looked at again.
      const present = await coordinator.get(paths.config(service));
      if (present?.version !== config?.version) throw new TurnedMeanwhile(paths.config(service));
      return [
        ...claimOperations(cloning, true),
        ...(config === undefined
          ? []
          : [{ kind: 'check', path: paths.config(service), version: config.version } as const]),
        { kind: 'check', path: paths.service(service), version: source.version },
      ];
    },
  ).catch((error: unknown) => {
    // It came in between: it is looked at again.
    const isThere = error instanceof ServiceExists || error instanceof ServiceDestroying;
    throw isThere ? new TurnedMeanwhile(paths.service(name)) : error;
  });
}

/**
 * Gives the clone the same relation that its source has, in one transaction; where it moves, that of the source ends in the
 * same one. A relation that is gone meanwhile is none to be moved.
 */
async function relate(cloning: Cloning, number: string, moves: boolean): Promise<void> {
  const { parts, service, name, rollout, now } = cloning;
  const { coordinator } = parts;
  const relation = await readRelation(coordinator, number);
  const pair = relation && endsOf(relation.value, service);
  if (relation === undefined || pair === undefined || relation.value.removing === true) return claim(cloning);
  const made = await counterpartOperations(cloning, relation.value, pair);
  const [own, other] = pair;
  const entry = newEntry({
    at: new Date(now).toISOString(),
    what: moves ? 'remove-relation' : 'add-relation',
    outcome: 'done',
    message: `${service}:${own.name} ${other.service}:${other.name}${moves ? `, moves to ${name}` : `, also of ${name}`}`,
  });
  const removal = { requestedAt: entry.at, by: rollout.value.by };
  await coordinator.transaction([
    ...claimOperations(cloning),
    ...made.operations,
    ...(moves ? [removingOperation(relation, removal)] : []),
    ...(await recordOperations(coordinator, [service, name], entry)),
  ]);
  if (made.number !== undefined) await placeSubordinates(coordinator, made.number, entry.at);
  // Subordinates beside the source's units go with it.
  if (moves) await removeRelation(coordinator, number, removal);
}

interface Counterpart {
  readonly operations: readonly Operation[];
  /** The number of the clone's relation. */
  readonly number?: string;
}

async function counterpartOperations(
  { parts: { coordinator }, name, rollout }: Cloning,
  { subordinate, endpoints }: Relation,
  [own, other]: readonly [RelationEndpoint, RelationEndpoint],
): Promise<Counterpart> {
  const [clone, another, ofClone] = await Promise.all([
    requireService(coordinator, name),
    requireService(coordinator, other.service),
    relationsOfService(coordinator, name),
  ]);
  const same = ofClone.find(({ value }) => value.removing !== true && isSame(value, name, own, other));
  if (same !== undefined) return { operations: [], number: same.number };
  const [offered, offeredThere] = await Promise.all([
    requireMetadata(coordinator, rollout.value.to),
    requireMetadata(coordinator, another.value.formula),
  ]);
  const here = endpointsOf(name, offered).find((each) => each.name === own.name && each.role === own.role);
  const there = endpointsOf(other.service, offeredThere).find((each) => each.name === other.name);
  // The formula has it no more, as somebody forced: it ends with the source.
  if (here === undefined || there === undefined || here.interface !== there.interface)
    return { operations: [] };
  const first = endpoints[0]?.service === other.service;
  const pair = first ? [there, here] : [here, there];
  const { first: number, claim: numbers } = await claimRelationNumbers(coordinator, 1);
  const places = scopeOf(pair) === 'container' && subordinate !== undefined;
  return {
    number: String(number),
    operations: [
      // Whoever adds units to one of them reads its relations again.
      ...[
        { path: paths.service(name), ...clone },
        { path: paths.service(other.service), ...another },
      ].map(
        ({ path, value, version }): Operation => ({ kind: 'set', path, value: nodeValue(value), version }),
      ),
      numbers,
      ...createRelationOperations(String(number), pair, newChangeId(), places ? { subordinate } : {}),
    ],
  };
}

/** What makes the open ports reachable is told in one transaction that the clone's are meant now. */
async function moveExposure(cloning: Cloning): Promise<void> {
  const { parts, service, name, now } = cloning;
  const { coordinator } = parts;
  const isThere = (await coordinator.get(paths.exposed(name))) !== undefined;
  const entry = newEntry({
    at: new Date(now).toISOString(),
    what: 'expose',
    outcome: 'done',
    message: `${name}, in the place of ${service}`,
  });
  await coordinator.transaction([
    ...claimOperations(cloning),
    ...(isThere ? [] : [{ kind: 'create', path: paths.exposed(name), value: '{}' } as const]),
    { kind: 'remove', path: paths.exposed(service) },
    ...(await recordOperations(coordinator, [service, name], entry)),
  ]);
}
