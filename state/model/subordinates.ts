import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, readEntity } from './entity.js';
import { paths, SUBORDINATE } from './paths.js';
import { type RelationNode, readRelation, relationsOfService } from './relations.js';
import { serviceSchema } from './service-schemas.js';
import { type Unit, subordinateSchema, unitSchema } from './unit-schemas.js';
import { unitsOfService } from './services.js';
import { createUnitOperations, type NewUnit } from './unit-operations.js';

/** Units placed per transaction: seven nodes each. */
const UNITS_PER_TRANSACTION = 150;

/** The unit beside which a subordinate is to be placed. */
interface Principal {
  readonly name: string;
  readonly machine: string | null;
}

/** The units that come with a new principal unit, as operations for the transaction that creates it. */
interface Company {
  /** Subordinate units per principal. */
  readonly each: number;
  operations(principals: readonly Principal[], change: string, now: string): readonly Operation[];
}

/**
 * Finds which subordinates a service's new units get. The operations check that no relation of container scope went
 * meanwhile; that none came is for the caller to check, by the service's version from before this call.
 */
export async function companyOf(coordinator: Coordinator, service: string): Promise<Company> {
  const relations = (await relationsOfService(coordinator, service)).filter(
    (relation) => places(relation) && relation.value.subordinate !== service,
  );
  const names = [...new Set(relations.flatMap(({ value }) => value.subordinate ?? []))];
  const found = await Promise.all(
    names.map(async (name) => ({
      name,
      entity: await readEntity(coordinator, paths.service(name), serviceSchema),
    })),
  );
  const subordinates = found.flatMap(({ name, entity }) =>
    entity === undefined || entity.value.destroying === true ? [] : [{ name, ...entity }],
  );
  return {
    each: subordinates.length,
    operations: (principals, change, now) => [
      ...relations.map(
        ({ number, version }): Operation => ({ kind: 'check', path: paths.relation(number), version }),
      ),
      ...subordinates.flatMap(({ name, value, version }): readonly Operation[] => [
        {
          kind: 'set',
          path: paths.service(name),
          value: nodeValue({ ...value, nextUnit: value.nextUnit + principals.length }),
          version,
        },
        ...principals.flatMap((principal, index) =>
          besideOperations(name, value.nextUnit + index, principal, change, now),
        ),
      ]),
    ],
  };
}

/**
 * Places a unit of the subordinate beside each unit of the other service that has none; nothing in global scope, or
 * where the relation is going. May be done again, and by several at once: the node under the principal that names its
 * subordinate can be created once only.
 * @returns the units that this call placed
 */
export async function placeSubordinates(
  coordinator: Coordinator,
  number: string,
  now: string,
): Promise<readonly string[]> {
  const placed: string[] = [];
  for (;;) {
    const names = await retryOnConflict(`relation ${number}`, () => placeSome(coordinator, number, now));
    if (names.length === 0) return placed;
    placed.push(...names);
  }
}

async function placeSome(coordinator: Coordinator, number: string, now: string): Promise<readonly string[]> {
  const relation = await readRelation(coordinator, number);
  const subordinate = relation?.value.subordinate;
  if (relation === undefined || subordinate === undefined || !places(relation)) return [];
  const service = await readEntity(coordinator, paths.service(subordinate), serviceSchema);
  if (service === undefined || service.value.destroying === true) return [];
  const principals = (await lonelyUnits(coordinator, principalOf(relation), subordinate)).slice(
    0,
    UNITS_PER_TRANSACTION,
  );
  if (principals.length === 0) return [];
  const first = service.value.nextUnit;
  const next = { ...service.value, nextUnit: first + principals.length };
  await coordinator.transaction([
    { kind: 'check', path: paths.relation(number), version: relation.version },
    { kind: 'set', path: paths.service(subordinate), value: nodeValue(next), version: service.version },
    ...principals.flatMap((principal, index) =>
      besideOperations(subordinate, first + index, principal, relation.value.change, now),
    ),
  ]);
  return principals.map((_, index) => `${subordinate}/${first + index}`);
}

/** The units of a service that have no subordinate of this name and are not on their way out. */
async function lonelyUnits(
  coordinator: Coordinator,
  service: string,
  subordinate: string,
): Promise<readonly Principal[]> {
  const names = await unitsOfService(coordinator, service);
  const units = await Promise.all(
    names.map(async (name) => {
      const [children, unit] = await Promise.all([
        coordinator.children(paths.unit(name)),
        readEntity(coordinator, paths.unit(name), unitSchema),
      ]);
      const taken = children?.some((child) => child === 'removal' || child === SUBORDINATE + subordinate);
      return unit === undefined || taken !== false ? [] : [{ name, machine: unit.value.machine }];
    }),
  );
  return units.flat();
}

/** The units placed beside this one. */
export async function subordinatesOf(
  coordinator: Coordinator,
  principal: string,
): Promise<readonly string[]> {
  const children = (await coordinator.children(paths.unit(principal))) ?? [];
  const services = children
    .filter((child) => child.startsWith(SUBORDINATE))
    .map((child) => child.slice(SUBORDINATE.length));
  const found = await Promise.all(
    services.map((service) =>
      readEntity(coordinator, paths.subordinate(principal, service), subordinateSchema),
    ),
  );
  return found.flatMap((entity) => entity?.value.unit ?? []);
}

/**
 * The units that only this relation, now going, keeps beside others: those of the subordinate, unless another relation
 * of container scope between the same services stands.
 */
export async function unitsPlacedBy(
  coordinator: Coordinator,
  relation: RelationNode,
): Promise<readonly string[]> {
  const { subordinate } = relation.value;
  if (subordinate === undefined) return [];
  const principal = principalOf(relation);
  const others = (await relationsOfService(coordinator, subordinate)).filter(
    (other) => other.number !== relation.number && places(other) && principalOf(other) === principal,
  );
  if (others.length > 0) return [];
  const units = await unitsOfService(coordinator, principal);
  const found = await Promise.all(
    units.map((unit) => readEntity(coordinator, paths.subordinate(unit, subordinate), subordinateSchema)),
  );
  return found.flatMap((entity) => entity?.value.unit ?? []);
}

/** The operation that lets another unit take this subordinate's place, where it still has it. */
export async function freePlaceOperations(
  coordinator: Coordinator,
  name: string,
  { service, principal }: Unit,
): Promise<readonly Operation[]> {
  if (principal === undefined) return [];
  const path = paths.subordinate(principal, service);
  const place = await readEntity(coordinator, path, subordinateSchema);
  return place?.value.unit === name ? [{ kind: 'remove', path, version: place.version }] : [];
}

function besideOperations(
  service: string,
  number: number,
  { name: principal, machine }: Principal,
  change: string,
  now: string,
): readonly Operation[] {
  const unit: NewUnit = { name: `${service}/${number}`, service, machine, principal, change };
  return [
    ...createUnitOperations(unit, now),
    {
      kind: 'create',
      path: paths.subordinate(principal, service),
      value: nodeValue({ unit: unit.name }),
    },
  ];
}

function places({ value }: RelationNode): boolean {
  return value.subordinate !== undefined && value.removing !== true;
}

function principalOf({ value: { endpoints, subordinate } }: RelationNode): string {
  return endpoints.find(({ service }) => service !== subordinate)?.service ?? '';
}
