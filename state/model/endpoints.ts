import type { Metadata, RelationScope, RelationSpec } from '../formula/metadata.js';
import { EndpointNotFound, EndpointsAmbiguous, EndpointsDoNotMatch } from './relation-errors.js';
import type { RelationEndpoint, RelationRole } from './relation-schemas.js';

/**
 * The interface every service provides without saying so, as `juju-info` was: a subordinate such as a log shipper can
 * be related to anything.
 */
const IMPLICIT_INTERFACE = 'ensemble-info';

/** An endpoint with the rules its formula gives it. */
export interface OfferedEndpoint extends RelationEndpoint {
  readonly scope: RelationScope;
  readonly limit: number | null;
  readonly optional: boolean;
}

/** Two endpoints that can be related; of peers there is one. */
export type EndpointPair = readonly [OfferedEndpoint] | readonly [OfferedEndpoint, OfferedEndpoint];

/** An endpoint as operators write it: `mysql` or `mysql:db`. */
export interface EndpointName {
  readonly service: string;
  readonly relation: string | undefined;
}

export function parseEndpointName(text: string): EndpointName {
  const [service = '', relation] = text.split(':', 2);
  return { service, relation };
}

export function formatEndpoint({ service, name }: Pick<RelationEndpoint, 'service' | 'name'>): string {
  return `${service}:${name}`;
}

/** All endpoints of a service that runs a formula of this metadata; the implicit one is last. */
export function endpointsOf(service: string, metadata: Metadata): readonly OfferedEndpoint[] {
  const declared = (role: RelationRole, specs: Readonly<Record<string, RelationSpec>>): OfferedEndpoint[] =>
    Object.entries(specs).map(([name, { interface: of, scope, limit, optional }]) => ({
      service,
      name,
      role,
      interface: of,
      scope,
      limit,
      optional,
    }));
  return [
    ...declared('provides', metadata.provides),
    ...declared('requires', metadata.requires),
    ...declared('peer', metadata.peers),
    {
      service,
      name: IMPLICIT_INTERFACE,
      role: 'provides',
      interface: IMPLICIT_INTERFACE,
      scope: 'global',
      limit: null,
      optional: true,
    },
  ];
}

/**
 * True if a formula with these endpoints takes part in relations of this one. Who may be related by it is decided
 * elsewhere.
 */
export function hasEndpoint(
  offered: readonly Pick<RelationEndpoint, 'name' | 'role' | 'interface'>[],
  endpoint: Pick<RelationEndpoint, 'name' | 'role' | 'interface'>,
): boolean {
  return offered.some(
    ({ name, role, interface: of }) =>
      name === endpoint.name && role === endpoint.role && of === endpoint.interface,
  );
}

/**
 * Finds the one pair of endpoints that two names mean: the same interface, one provides what the other requires. The
 * implicit endpoint counts only where no declared one fits.
 * @throws EndpointNotFound, EndpointsDoNotMatch, EndpointsAmbiguous with the pairs that are possible
 */
export function matchEndpoints(
  [a, ofA]: readonly [EndpointName, readonly OfferedEndpoint[]],
  [b, ofB]: readonly [EndpointName, readonly OfferedEndpoint[]],
): EndpointPair {
  const pairs = named(a, ofA).flatMap((one) =>
    named(b, ofB).flatMap((other) => (complement(one, other) ? [[one, other] as const] : [])),
  );
  const declared = pairs.filter((pair) => pair.every(({ name }) => name !== IMPLICIT_INTERFACE));
  const possible = declared.length > 0 ? declared : pairs;
  const [first, ...others] = possible;
  if (first === undefined) throw new EndpointsDoNotMatch({ one: write(a), other: write(b) });
  if (others.length > 0)
    throw new EndpointsAmbiguous({
      one: write(a),
      other: write(b),
      pairs: possible.map((pair) => pair.map(formatEndpoint)),
    });
  return first;
}

/** The scope of the relation of a pair: container as soon as one side says so. Peers have no container to share. */
export function scopeOf(pair: readonly OfferedEndpoint[]): RelationScope {
  return pair.length > 1 && pair.some(({ scope }) => scope === 'container') ? 'container' : 'global';
}

function named(name: EndpointName, offered: readonly OfferedEndpoint[]): readonly OfferedEndpoint[] {
  if (name.relation === undefined) return offered;
  const found = offered.filter((endpoint) => endpoint.name === name.relation);
  if (found.length === 0) {
    throw new EndpointNotFound({
      service: name.service,
      relation: name.relation,
      known: offered
        .filter((endpoint) => endpoint.name !== IMPLICIT_INTERFACE)
        .map((endpoint) => endpoint.name),
    });
  }
  return found;
}

function complement(one: OfferedEndpoint, other: OfferedEndpoint): boolean {
  const roles = [one.role, other.role];
  return (
    one.service !== other.service &&
    one.interface === other.interface &&
    roles.includes('provides') &&
    roles.includes('requires')
  );
}

function write({ service, relation }: EndpointName): string {
  return relation === undefined ? service : `${service}:${relation}`;
}
