import type { Metadata } from '../../state/formula/metadata.js';
import { endpointsOf, type OfferedEndpoint } from '../../state/model/endpoints.js';
import type { RelationNode } from '../../state/model/relations.js';
import type { Relation, RelationEndpoint } from '../../state/model/relation-schemas.js';

/** A relation in use that another formula of the service would break. */
export interface RelationFault {
  /** The name of the service's own endpoint. */
  readonly relation: string;
  /** The services on the other side. */
  readonly services: readonly string[];
  /** The fault, in an operator's words. */
  readonly reason: string;
}

/**
 * Finds the relations in use which a formula drops or changes, once per endpoint. Peers are none of them: they come and
 * go with the formula.
 * @param present the relations the service takes part in; each holds what it was made by
 */
export function relationFaults(
  service: string,
  present: readonly RelationNode[],
  metadata: Metadata,
): readonly RelationFault[] {
  const offered = endpointsOf(service, metadata);
  const uses = new Map<string, { readonly relation: Relation; readonly own: RelationEndpoint }[]>();
  for (const { value: relation } of present) {
    const own = relation.endpoints.find((endpoint) => endpoint.service === service);
    if (own === undefined || relation.endpoints.length < 2 || relation.removing === true) continue;
    uses.set(own.name, [...(uses.get(own.name) ?? []), { relation, own }]);
  }
  return [...uses].flatMap(([name, used]) => {
    const next = offered.find((endpoint) => endpoint.name === name);
    const reasons =
      next === undefined
        ? ['it is no longer there']
        : [...new Set(used.flatMap(({ relation, own }) => changes(relation, own, next)))];
    if (next !== undefined && next.limit !== null && next.limit < used.length)
      reasons.push(`its limit is ${next.limit}, and there are ${used.length} of it`);
    const services = used.flatMap(({ relation }) =>
      relation.endpoints.filter((other) => other.service !== service).map((other) => other.service),
    );
    return reasons.length === 0
      ? []
      : [{ relation: name, services: [...new Set(services)].sort(), reason: reasons.join('; ') }];
  });
}

function changes(relation: Relation, own: RelationEndpoint, next: OfferedEndpoint): readonly string[] {
  // A principal's side need not say that the relation is of container scope; the subordinate's does.
  const scope =
    relation.subordinate === own.service || next.scope === 'container' ? next.scope : relation.scope;
  return [
    ...(next.role === own.role ? [] : [`its role is ${next.role} instead of ${own.role}`]),
    ...(next.interface === own.interface
      ? []
      : [`its interface is ${next.interface} instead of ${own.interface}`]),
    ...(scope === relation.scope ? [] : [`its scope is ${scope} instead of ${relation.scope}`]),
  ];
}
