import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type EndpointName, formatEndpoint } from '../../state/model/endpoints.js';
import { RelationNotFound, RelationsAmbiguous } from '../../state/model/relation-errors.js';
import { type RelationNode, relationsOfService } from '../../state/model/relations.js';
import type { Relation } from '../../state/model/relation-schemas.js';
import { requireService } from '../../state/model/services.js';

/**
 * The one relation between two services that two names mean; those already going count only where no other is meant.
 * @throws ServiceNotFound, RelationNotFound, RelationsAmbiguous with the relations that are possible
 */
export async function findRelation(
  coordinator: Coordinator,
  [a, b]: readonly [EndpointName, EndpointName],
): Promise<RelationNode> {
  await Promise.all([requireService(coordinator, a.service), requireService(coordinator, b.service)]);
  const matching = (await relationsOfService(coordinator, a.service)).filter(
    ({ value }) => a.service !== b.service && has(value, a) && has(value, b),
  );
  const standing = matching.filter(({ value }) => value.removing !== true);
  const [found, ...others] = standing.length > 0 ? standing : matching;
  if (found === undefined) throw new RelationNotFound({ endpoints: [a, b].map(write) });
  if (others.length > 0) {
    throw new RelationsAmbiguous({
      endpoints: [a, b].map(write),
      pairs: [found, ...others].map(({ value }) => value.endpoints.map(formatEndpoint)),
    });
  }
  return found;
}

function has({ endpoints }: Relation, { service, relation }: EndpointName): boolean {
  return endpoints.some(
    (own) => own.service === service && (relation === undefined || own.name === relation),
  );
}

function write({ service, relation }: EndpointName): string {
  return relation === undefined ? service : `${service}:${relation}`;
}
