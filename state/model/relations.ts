import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { NodeNotEmpty, NodeNotFound } from '../coordination/errors.js';
import { newChangeId, retryOnConflict } from './conflict.js';
import { endpointsOf, formatEndpoint, hasEndpoint, type OfferedEndpoint, scopeOf } from './endpoints.js';
import { type Entity, nodeValue, type Problem, parseSound, readEntity, readSound } from './entity.js';
import { requireMetadata } from './formulas.js';
import { recordOperations } from './history.js';
import { requestEntry } from './history-entry.js';
import { newIncarnation } from './incarnation.js';
import { paths, unitOfNode } from './paths.js';
import { type Relation, relationCounterSchema, relationSchema } from './relation-schemas.js';
import type { Removal } from './request-schemas.js';
import { unitSchema } from './unit-schemas.js';

/** A relation by its number, as its path has it. */
export interface RelationNode extends Entity<Relation> {
  readonly number: string;
}

/** The relation's id as its hooks see it, e.g. `db:4`: the name of the service's own endpoint and the number. */
export function relationId(relation: Relation, number: string, service: string): string {
  const own = relation.endpoints.find((endpoint) => endpoint.service === service);
  return `${own?.name ?? '?'}:${number}`;
}

/**
 * The relations a service takes part in, in their numbers' order, without those that cannot be read: they are left alone.
 * @param problems gets the nodes that cannot be read
 */
export async function relationsOfService(
  coordinator: Coordinator,
  service: string,
  problems: Problem[] = [],
): Promise<readonly RelationNode[]> {
  const numbers = (await coordinator.children(paths.serviceRelations(service))) ?? [];
  const read = await Promise.all(
    numbers.map(async (number) => {
      const entity = await readSound(coordinator, paths.relation(number), relationSchema, problems);
      return entity && { number, ...entity };
    }),
  );
  return read
    .filter((relation) => relation !== undefined)
    .sort((a, b) => Number(a.number) - Number(b.number));
}

export async function readRelation(
  coordinator: Coordinator,
  number: string,
): Promise<RelationNode | undefined> {
  const entity = await readEntity(coordinator, paths.relation(number), relationSchema);
  return entity && { number, ...entity };
}

/**
 * The operations that make a relation of this number, between services whose nodes are there.
 * @param also `subordinate` in container scope, and `dropped` of peers
 */
export function createRelationOperations(
  number: string,
  pair: readonly OfferedEndpoint[],
  change: string,
  also: Pick<Relation, 'subordinate' | 'dropped'> = {},
): readonly Operation[] {
  const scope = scopeOf(pair);
  const endpoints = pair.map(({ service, name, role, interface: of }) => ({
    service,
    name,
    role,
    interface: of,
  }));
  const relation: Relation = { endpoints, scope, ...also, incarnation: newIncarnation(), change };
  const meeting = paths.meeting(number);
  return [
    { kind: 'create', path: paths.relation(number), value: nodeValue(relation) },
    ...(scope === 'global' ? meetingOperations(meeting) : []),
    ...pair.map(
      ({ service }): Operation => ({
        kind: 'create',
        path: paths.serviceRelation(service, number),
        value: '{}',
      }),
    ),
  ];
}

/** The number the next relation gets, and the operation that claims `count` of them from there on. */
export async function claimRelationNumbers(
  coordinator: Coordinator,
  count: number,
): Promise<{ readonly first: number; readonly claim: Operation }> {
  const counter = await readEntity(coordinator, paths.relations, relationCounterSchema);
  const first = counter?.value.next ?? 0;
  const value = nodeValue({ ...counter?.value, next: first + count });
  return { first, claim: { kind: 'set', path: paths.relations, value, version: counter?.version ?? 0 } };
}

/** The operations that make a place where units meet, under a node that is there. */
export function meetingOperations(meeting: string): readonly Operation[] {
  return [
    { kind: 'create', path: paths.members(meeting), value: '{}' },
    { kind: 'create', path: paths.allSettings(meeting), value: '{}' },
  ];
}

/**
 * Marks a relation as going: its units run `departed` and `broken` and leave it. May be done twice.
 * @param requester who is on record for it, with both services
 */
export async function markRelationRemoving(
  coordinator: Coordinator,
  number: string,
  removal: Removal,
): Promise<void> {
  const request = requestEntry(removal, { what: 'remove-relation' });
  await retryOnConflict(`relation ${number}`, async () => {
    const relation = await readRelation(coordinator, number);
    if (relation === undefined || relation.value.removing === true) return;
    const { endpoints } = relation.value;
    const services = endpoints.map(({ service }) => service);
    const entry = { ...request, message: endpoints.map(formatEndpoint).join(' ') };
    // Peers come and go with their formula and their service, which are on record themselves.
    const record = services.length < 2 ? [] : await recordOperations(coordinator, services, entry);
    await coordinator.transaction([removingOperation(relation, removal), ...record]);
  });
}

/**
 * The operation that marks a relation as going.
 * @param removal what the subordinates that it placed are asked by: whoever marks it may die before they are
 */
export function removingOperation({ number, value, version }: RelationNode, removal: Removal): Operation {
  const marked: Relation = { ...value, removing: true, removal, change: newChangeId() };
  return { kind: 'set', path: paths.relation(number), value: nodeValue(marked), version };
}

/**
 * Removes a relation that is going and that every unit has left. A unit joins by creating its settings in a
 * transaction that checks the relation's node, so nobody can come in once it is marked. One of dropped peers is going
 * once no unit runs a formula that has them: one that does may come, or come back.
 * @returns the services it was between, where this call removed it
 */
export async function removeLeftRelation(
  coordinator: Coordinator,
  number: string,
): Promise<readonly string[]> {
  return retryOnConflict(`relation ${number}`, async () => {
    // A relation that cannot be read is left alone: units leave it all the same.
    const found = await readSound(coordinator, paths.relation(number), relationSchema, []);
    if (found === undefined) return [];
    const relation = { number, ...found };
    if (relation.value.removing !== true && relation.value.dropped !== true) return [];
    const meetings = await meetingsOf(coordinator, number, relation.value);
    const joined = await Promise.all(
      meetings.map((meeting) => coordinator.children(paths.allSettings(meeting))),
    );
    if (joined.some((units) => units !== undefined && units.length > 0)) return [];
    if (relation.value.removing !== true && (await isWantedBySome(coordinator, relation))) return [];
    await coordinator.transaction([
      ...meetings.flatMap((meeting): Operation[] => [
        { kind: 'remove', path: paths.members(meeting) },
        { kind: 'remove', path: paths.allSettings(meeting) },
        ...(meeting === paths.relation(number) ? [] : [{ kind: 'remove', path: meeting } as const]),
      ]),
      ...relation.value.endpoints.map(
        ({ service }): Operation => ({ kind: 'remove', path: paths.serviceRelation(service, number) }),
      ),
      { kind: 'remove', path: paths.relation(number), version: relation.version },
    ]);
    return relation.value.endpoints.map(({ service }) => service);
  });
}

/** True if a unit runs a formula that has an endpoint of this relation. */
async function isWantedBySome(coordinator: Coordinator, { value }: RelationNode): Promise<boolean> {
  const [own] = value.endpoints;
  if (own === undefined) return false;
  const nodes = (await coordinator.children(paths.serviceUnits(own.service))) ?? [];
  const names = nodes.map(unitOfNode);
  const read = await coordinator.getMany(names.map(paths.unit));
  const problems: Problem[] = [];
  const units = read.map((node, index) =>
    parseSound(paths.unit(names[index] ?? ''), unitSchema, node, problems),
  );
  // Nobody knows which formula an unreadable unit runs.
  if (problems.length > 0) return true;
  const formulas = [...new Set(units.flatMap((unit) => unit?.value.formula ?? []))];
  const known = await Promise.all(formulas.map((id) => requireMetadata(coordinator, id)));
  return known.some((metadata) => hasEndpoint(endpointsOf(own.service, metadata), own));
}

/** In container scope there is a meeting for each principal unit, so it goes with those who met there. */
export async function removeMeetingIfEmpty(
  coordinator: Coordinator,
  relation: string,
  meeting: string,
): Promise<void> {
  if (meeting === paths.meeting(relation)) return;
  try {
    await coordinator.transaction(
      [paths.members(meeting), paths.allSettings(meeting), meeting].map((path) => ({ kind: 'remove', path })),
    );
  } catch (error) {
    if (!(error instanceof NodeNotFound) && !(error instanceof NodeNotEmpty)) throw error;
  }
}

async function meetingsOf(
  coordinator: Coordinator,
  number: string,
  { scope }: Relation,
): Promise<readonly string[]> {
  if (scope === 'global') return [paths.meeting(number)];
  const principals = (await coordinator.children(paths.relation(number))) ?? [];
  return principals.map((principal) => `${paths.relation(number)}/${principal}`);
}
