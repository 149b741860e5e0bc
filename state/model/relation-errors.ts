import { defineError } from '../platform/errors.js';
import { serviceOfUnit } from './paths.js';

export class EndpointNotFound extends defineError<{
  service: string;
  relation: string;
  known: readonly string[];
}>(
  'endpoint-not-found',
  ({ service, relation, known }) =>
    `service ${service} has no relation ${relation}${known.length === 0 ? ': its formula declares none' : `; it has: ${known.join(', ')}`}`,
  ({ service, known }) =>
    known.length === 0
      ? `declare it in the formula, then: ensemble upgrade-formula ${service}`
      : `write ${service} alone, or ${service}:${known[0]}`,
) {}

/** No endpoint of the one service fits one of the other. */
export class EndpointsDoNotMatch extends defineError<{ one: string; other: string }>(
  'endpoints-do-not-match',
  ({ one, other }) =>
    `${one} and ${other} cannot be related: neither provides an interface that the other requires`,
  ({ one }) => {
    const [service] = one.split(':');
    return `relate other services, or mend provides and requires in a formula, then: ensemble upgrade-formula ${service}`;
  },
) {}

export class EndpointsAmbiguous extends defineError<{
  one: string;
  other: string;
  pairs: readonly (readonly string[])[];
}>(
  'endpoints-ambiguous',
  ({ one, other, pairs }) =>
    `${one} and ${other} can be related in ${pairs.length} ways: ${pairs.map((pair) => pair.join(' ')).join(', ')}`,
  ({ pairs }) => `ensemble add-relation ${pairs[0]?.join(' ')}`,
) {}

export class RelationExists extends defineError<{ endpoints: readonly string[] }>(
  'relation-exists',
  ({ endpoints }) => `${endpoints.join(' and ')} are related already`,
  'ensemble status',
) {}

export class RelationNotFound extends defineError<{ endpoints: readonly string[] }>(
  'relation-not-found',
  ({ endpoints }) => `${endpoints.join(' and ')} are not related`,
  'ensemble status',
) {}

/** Two services are related in more than one way. */
export class RelationsAmbiguous extends defineError<{
  endpoints: readonly string[];
  pairs: readonly (readonly string[])[];
}>(
  'relations-ambiguous',
  ({ endpoints, pairs }) =>
    `${endpoints.join(' and ')} are related in ${pairs.length} ways: ${pairs.map((pair) => pair.join(' ')).join(', ')}`,
  ({ pairs }) => `ensemble remove-relation ${pairs[0]?.join(' ')}`,
) {}

/**
 * An endpoint takes part in as many relations as its formula's `limit` allows. One that is going counts: hooks may rely
 * on the limit, and until `broken` is through a unit is in it.
 */
export class RelationLimitReached extends defineError<{
  endpoint: string;
  limit: number;
  /** The services of the relations that count and are going already. */
  going: readonly string[];
  /** The services of those that count and stay. */
  others: readonly string[];
}>(
  'relation-limit-reached',
  ({ endpoint, limit, going }) => {
    const most = `${endpoint} takes part in ${limit} relation${limit === 1 ? '' : 's'} at most`;
    return going.length === 0
      ? most
      : `${most}, and units have still to leave the one with ${going.join(', ')}`;
  },
  ({ endpoint, going, others }) =>
    going.length === 0
      ? `ensemble remove-relation ${endpoint} ${others[0] ?? 'SERVICE'}, and this command again when it is gone`
      : 'ensemble status, and this command again when it is gone',
) {}

/** `resolved UNIT RELATION` is for relations whose hook failed only. */
export class RelationNotInError extends defineError<{
  unit: string;
  relation: string;
  failed: readonly string[];
}>(
  'relation-not-in-error',
  ({ unit, relation, failed }) =>
    failed.length === 0
      ? `unit ${unit} has no relation in error`
      : `${relation} names no single relation in error of unit ${unit}; there are: ${failed.join(', ')}`,
  ({ unit, failed }) =>
    failed.length === 0 ? 'ensemble status' : `ensemble resolved --retry ${unit} ${failed[0]}`,
) {}

/** A relation of container scope places the units of the one service beside those of the other. */
export class ContainerNeedsSubordinate extends defineError<{
  endpoints: readonly string[];
  /** How many of the services are subordinates: none or both. */
  subordinates: number;
}>(
  'container-needs-subordinate',
  ({ endpoints, subordinates }) =>
    `${endpoints.join(' and ')} cannot be related in container scope: ${subordinates === 0 ? 'neither service is a subordinate' : 'both services are subordinates'}`,
  'relate a service whose metadata.yaml says `subordinate: true` to one that is not',
) {}

/** A subordinate's units come and go with the units they are placed beside. */
export class ServiceIsSubordinate extends defineError<{ service: string }>(
  'service-is-subordinate',
  ({ service }) =>
    `service ${service} is a subordinate: it has a unit beside each unit of the services it is related to, and no others`,
  ({ service }) => `ensemble add-relation ${service} SERVICE`,
) {}

/** See `ServiceIsSubordinate`. */
export class UnitIsSubordinate extends defineError<{ unit: string; principal: string }>(
  'unit-is-subordinate',
  ({ unit, principal }) =>
    `unit ${unit} is a subordinate: it goes with ${principal}, or with the relation that placed it there`,
  ({ unit, principal }) =>
    `ensemble remove-unit ${principal}, or ensemble remove-relation ${serviceOfUnit(unit)} ${serviceOfUnit(principal)}`,
) {}
