import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { newChangeId, retryOnConflict } from '../../state/model/conflict.js';
import {
  type EndpointName,
  type EndpointPair,
  endpointsOf,
  formatEndpoint,
  matchEndpoints,
  type OfferedEndpoint,
  scopeOf,
} from '../../state/model/endpoints.js';
import { type Entity, nodeValue } from '../../state/model/entity.js';
import { ServiceDestroying } from '../../state/model/errors.js';
import { requireMetadata } from '../../state/model/formulas.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { recordOperations } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import {
  ContainerNeedsSubordinate,
  RelationExists,
  RelationLimitReached,
} from '../../state/model/relation-errors.js';
import {
  claimRelationNumbers,
  createRelationOperations,
  type RelationNode,
  relationsOfService,
} from '../../state/model/relations.js';
import type { Requester } from '../../state/model/requester.js';
import type { Relation } from '../../state/model/relation-schemas.js';
import type { Service } from '../../state/model/service-schemas.js';
import { requireService } from '../../state/model/services.js';
import { placeSubordinates } from '../../state/model/subordinates.js';

/** A relation that was made: its number, the two endpoints, and the units it placed. */
export interface AddedRelation {
  readonly number: string;
  readonly pair: EndpointPair;
  /** The new subordinate units of a relation of container scope. */
  readonly units: readonly string[];
}

/** One of the two services as it was when its endpoints were matched. */
interface Side {
  readonly name: string;
  readonly service: Entity<Service>;
  readonly relations: readonly RelationNode[];
  readonly offered: readonly OfferedEndpoint[];
}

/**
 * Relates two services by the endpoints that their formulas offer. The transaction also writes both services anew, as
 * they were read: neither can be on its way out, or be set to a formula without that endpoint, and whoever is adding
 * units to one of them reads its relations again.
 *
 * In container scope a unit of the subordinate is then placed beside each unit of the other service. Where that was
 * interrupted, the same call again places the rest.
 * @param now ISO instant for the status of units that are placed
 * @param requester who is on record for it
 * @throws ServiceNotFound, ServiceDestroying, EndpointNotFound, EndpointsDoNotMatch, EndpointsAmbiguous,
 *   ContainerNeedsSubordinate, RelationExists, RelationLimitReached
 */
export async function addRelation(
  coordinator: Coordinator,
  [a, b]: readonly [EndpointName, EndpointName],
  now: string,
  requester?: Requester,
): Promise<AddedRelation> {
  const change = newChangeId();
  const request = requester && requestEntry(requester, { what: 'add-relation' });
  const { number, pair, standing } = await retryOnConflict(`${a.service} or ${b.service}`, async () => {
    const [one, other] = await Promise.all([
      readSide(coordinator, a.service),
      readSide(coordinator, b.service),
    ]);
    const found = matchEndpoints([a, one.offered], [b, other.offered]);
    const own = one.relations.find(({ value }) => value.change === change);
    if (own !== undefined) return { number: own.number, pair: found, standing: false };
    const same = one.relations.find(({ value }) => isSame(value, found));
    if (same !== undefined) return { number: same.number, pair: found, standing: true };
    for (const side of [one, other]) for (const endpoint of found) checkLimit(endpoint, side);
    const subordinate = subordinateOf(found, [one, other]);
    const { first, claim } = await claimRelationNumbers(coordinator, 1);
    const entry = request && { ...request, message: found.map(formatEndpoint).join(' ') };
    await coordinator.transaction([
      ...[one, other].map(
        ({ name, service }): Operation => ({
          kind: 'set',
          path: paths.service(name),
          value: nodeValue(service.value),
          version: service.version,
        }),
      ),
      claim,
      ...createRelationOperations(
        String(first),
        found,
        change,
        subordinate === undefined ? {} : { subordinate },
      ),
      ...(await recordOperations(coordinator, [one.name, other.name], entry)),
    ]);
    return { number: String(first), pair: found, standing: false };
  });
  const units = await placeSubordinates(coordinator, number, now);
  if (standing && units.length === 0) throw new RelationExists({ endpoints: pair.map(formatEndpoint) });
  return { number, pair, units };
}

async function readSide(coordinator: Coordinator, name: string): Promise<Side> {
  const service = await requireService(coordinator, name);
  if (service.value.destroying) throw new ServiceDestroying({ service: name });
  const [relations, metadata] = await Promise.all([
    relationsOfService(coordinator, name),
    requireMetadata(coordinator, service.value.formula),
  ]);
  return { name, service, relations, offered: endpointsOf(name, metadata) };
}

function checkLimit({ service, name, limit }: OfferedEndpoint, side: Side): void {
  if (limit === null || service !== side.name) return;
  const taken = side.relations.filter(({ value }) =>
    value.endpoints.some((endpoint) => endpoint.service === service && endpoint.name === name),
  );
  const related = (removing: boolean): readonly string[] =>
    taken
      .filter(({ value }) => (value.removing === true) === removing)
      .flatMap(({ value }) => value.endpoints.filter((other) => other.service !== service))
      .map((other) => other.service);
  if (taken.length >= limit)
    throw new RelationLimitReached({
      endpoint: `${service}:${name}`,
      limit,
      going: related(true),
      others: related(false),
    });
}

/** The service whose units the relation places; undefined in global scope. */
function subordinateOf(pair: EndpointPair, sides: readonly Side[]): string | undefined {
  if (scopeOf(pair) === 'global') return undefined;
  const [subordinate, ...others] = sides.filter(({ service }) => service.value.subordinate === true);
  if (subordinate !== undefined && others.length === 0) return subordinate.name;
  throw new ContainerNeedsSubordinate({
    endpoints: pair.map(formatEndpoint),
    subordinates: others.length === 0 ? 0 : 2,
  });
}

function isSame(relation: Relation, pair: EndpointPair): boolean {
  const wanted = new Set<string>(pair.map(formatEndpoint));
  return (
    relation.removing !== true &&
    relation.endpoints.length === wanted.size &&
    relation.endpoints.every((endpoint) => wanted.has(formatEndpoint(endpoint)))
  );
}
