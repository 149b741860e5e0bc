import type { CloneLack } from '../status/next-of-rollout.js';
import { hasEndpoint, type OfferedEndpoint } from '../../state/model/endpoints.js';
import type { RelationNode } from '../../state/model/relations.js';
import type { Relation, RelationEndpoint } from '../../state/model/relation-schemas.js';

/** One relation of the service that was cloned, and what the clone has in its place. */
export interface CloneRelation {
  /** Its number. */
  readonly number: string;
  /** The service on the other side. */
  readonly other: string;
  /** Its units leave it. */
  readonly isLeaving: boolean;
  /**
   * `there`: the clone has the same. `missing`: it can have it, and has not. `later`: the other side takes no further one, so
   * that it comes in the moment in which this one ends. `none`: its formula has no such relation.
   */
  readonly clone: 'there' | 'missing' | 'later' | 'none';
}

/** What a rollout with strategy `clone` is decided by, besides the units. */
export interface CloneFacts {
  /** The service that was cloned. */
  readonly source: string;
  /** `none`: there is no service of the clone's name. `own`: it is this rollout's. `other`: it is not. */
  readonly is: 'none' | 'own' | 'other';
  /** The service of the clone's name is on its way out. */
  readonly isGoing: boolean;
  /** The formula that it is set to; null where it is none. */
  readonly formula: string | null;
  /** How many of its units are still to be made. */
  readonly unmade: number;
  /** The relations of the clone but for its peers: those that stand, and those that its units leave. */
  readonly standing: number;
  readonly leaving: number;
  /** The service that was cloned is on its way out. */
  readonly sourceIsGoing: boolean;
  readonly sourceIsExposed: boolean;
  /** Units that nobody asked to go yet: of the service that was cloned once the clone is promoted, else of the clone. */
  readonly unasked: readonly string[];
  /** Its relations but for its peers. */
  readonly relations: readonly CloneRelation[];
}

/** A step of a rollout with strategy `clone`. Each can be done twice. */
export type CloneStep =
  /** The service is made; its units are made; the source's units and the source are asked to go; the clone is. */
  | { readonly step: 'make' | 'units' | 'expose' | 'retire' | 'unrelate' | 'remove' }
  /** The clone gets the same relation; it gets it, where it lacks it, and the source's ends. */
  | { readonly step: 'relate' | 'move'; readonly relation: string };

/** That a clone has too few units, as a sentence. */
export function lackText(source: string, { has, lack }: CloneLack): string {
  return `it has ${has} of the ${has + lack} units that ${source} has`;
}

/** The name of the service that a clone of this one runs as. */
export function cloneName(service: string, revision: number): string {
  return `${service.replace(/-r\d+$/, '')}-r${revision}`;
}

/** How many relations the other side of one has by that endpoint, and how many it takes; null: any number. */
export type Room = (endpoint: RelationEndpoint) => { readonly taken: number; readonly limit: number | null };

/**
 * Pairs the relations of a service with those of its clone.
 * @param offered the endpoints of the clone
 */
export function pairRelations(
  service: string,
  relations: readonly RelationNode[],
  clone: string,
  ofClone: readonly RelationNode[],
  offered: readonly OfferedEndpoint[],
  room: Room,
): readonly CloneRelation[] {
  return relations.flatMap(({ number, value }) => {
    const pair = endsOf(value, service);
    if (pair === undefined) return [];
    const [own, other] = pair;
    return [
      {
        number,
        other: other.service,
        isLeaving: value.removing === true,
        clone: counterpart(own, other, { clone, ofClone, offered, room }),
      },
    ];
  });
}

interface Around {
  readonly clone: string;
  readonly ofClone: readonly RelationNode[];
  readonly offered: readonly OfferedEndpoint[];
  readonly room: Room;
}

function counterpart(
  own: RelationEndpoint,
  other: RelationEndpoint,
  { clone, ofClone, offered, room }: Around,
): CloneRelation['clone'] {
  const standing = ofClone.filter(({ value }) => value.removing !== true);
  if (standing.some(({ value }) => isSame(value, clone, own, other))) return 'there';
  const endpoint = offered.find(({ name }) => name === own.name);
  if (endpoint === undefined || !hasEndpoint([endpoint], own)) return 'none';
  const used = standing.filter(({ value }) => endsOf(value, clone)?.[0].name === own.name).length;
  if (endpoint.limit !== null && used >= endpoint.limit) return 'none';
  const { taken, limit } = room(other);
  return limit !== null && taken >= limit ? 'later' : 'missing';
}

/** Whether a relation of the clone is what one between these ends is to its source. */
export function isSame(
  relation: Relation,
  clone: string,
  own: RelationEndpoint,
  other: RelationEndpoint,
): boolean {
  const pair = endsOf(relation, clone);
  if (pair === undefined) return false;
  const [one, another] = pair;
  return one.name === own.name && another.service === other.service && another.name === other.name;
}

/** The service's own end of a relation, and the other one; undefined for peers. */
export function endsOf(
  { endpoints }: Pick<Relation, 'endpoints'>,
  service: string,
): readonly [RelationEndpoint, RelationEndpoint] | undefined {
  const own = endpoints.find((endpoint) => endpoint.service === service);
  const other = endpoints.find((endpoint) => endpoint.service !== service);
  return own === undefined || other === undefined ? undefined : [own, other];
}
