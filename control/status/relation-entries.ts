import { formatEndpoint } from '../../state/model/endpoints.js';
import type { RelationNode } from '../../state/model/relations.js';
import type { UnitStatus } from '../../state/model/unit-schemas.js';

/** Why a relation of a unit is in error or cannot be kept up, and with which services it is. */
export interface RelationErrorEntry {
  readonly services: readonly string[];
  readonly message: string;
  /** Where the message ends with a command: what stands before it, and the command. */
  readonly brief?: string;
  readonly next?: string;
  /** There while its failed hook waits for its next try. */
  readonly waiting?: NonNullable<UnitStatus['waiting']>;
}

/** One relation of the environment. */
export interface RelationEntry {
  /** One of peers, else two, first the one that requires: `blog:db`, `mysql:server`. */
  readonly endpoints: readonly string[];
  readonly interface: string;
  readonly scope: 'global' | 'container';
  /** There while its units leave it. */
  readonly removing?: true;
  /** Peers that the service's formula has no more: there until the last unit that has them has left. */
  readonly dropped?: true;
}

/** From best to worst. */
const STATES: readonly string[] = ['departed', 'up', 'down', 'error'];

/** One relation as `status` shows it. */
export function relationEntry({ value }: RelationNode): RelationEntry {
  const { endpoints, scope, removing, dropped } = value;
  const requirerFirst = endpoints.toSorted((a, b) => b.role.localeCompare(a.role, 'en'));
  return {
    endpoints: requirerFirst.map(formatEndpoint),
    interface: endpoints[0]?.interface ?? '',
    scope,
    ...(removing === true && { removing: true }),
    ...(dropped === true && { dropped: true }),
  };
}

/** The services on the other side of each of a service's relations, by the name of its own endpoint; sorted. */
export function relatedServices(
  service: string,
  relations: readonly RelationNode[],
): Readonly<Record<string, readonly string[]>> {
  const related: Record<string, readonly string[]> = {};
  for (const { value } of relations) {
    const own = value.endpoints.find((endpoint) => endpoint.service === service);
    if (own === undefined) continue;
    const other = value.endpoints.find((endpoint) => endpoint.service !== service) ?? own;
    related[own.name] = [...new Set([...(related[own.name] ?? []), other.service])].sort();
  }
  return related;
}

/** The state of a unit's relations by name; of several relations of one name, the worst. */
export function relationStates(relations: UnitStatus['relations'] = {}): Readonly<Record<string, string>> {
  const states: Record<string, string> = {};
  for (const [id, { state }] of Object.entries(relations)) {
    const name = id.slice(0, id.lastIndexOf(':'));
    const worst = states[name];
    if (worst === undefined || STATES.indexOf(state) > STATES.indexOf(worst)) states[name] = state;
  }
  return states;
}

/** The unit's relations that something is wrong with, by id: in error, or not to be kept up for now. */
export function relationErrors(
  relations: UnitStatus['relations'] = {},
): readonly (readonly [string, RelationErrorEntry])[] {
  return Object.entries(relations)
    .filter(([, { state, message }]) => state === 'error' || message !== undefined)
    .map(([id, { services, message = '', brief, next, waiting }]) => [
      id,
      {
        services,
        message,
        ...(brief !== undefined && { brief }),
        ...(next !== undefined && { next }),
        ...(waiting !== undefined && { waiting }),
      },
    ]);
}
