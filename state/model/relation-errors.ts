import { EnsembleError } from '../platform/errors.js';
import { serviceOfUnit } from './paths.js';

export class EndpointNotFound extends EnsembleError {
  static override readonly code = 'endpoint-not-found';
  constructor(
    readonly service: string,
    readonly relation: string,
    readonly known: readonly string[],
  ) {
    super(
      `service ${service} has no relation ${relation}${known.length === 0 ? ': its formula declares none' : `; it has: ${known.join(', ')}`}`,
      known.length === 0
        ? `declare it in the formula, then: ensemble upgrade-formula ${service}`
        : `write ${service} alone, or ${service}:${known[0]}`,
    );
  }
}

/** No endpoint of the one service fits one of the other. */
export class EndpointsDoNotMatch extends EnsembleError {
  static override readonly code = 'endpoints-do-not-match';
  constructor(
    readonly one: string,
    readonly other: string,
  ) {
    const [service] = one.split(':');
    super(
      `${one} and ${other} cannot be related: neither provides an interface that the other requires`,
      `relate other services, or mend provides and requires in a formula, then: ensemble upgrade-formula ${service}`,
    );
  }
}

export class EndpointsAmbiguous extends EnsembleError {
  static override readonly code = 'endpoints-ambiguous';
  constructor(
    readonly one: string,
    readonly other: string,
    readonly pairs: readonly (readonly string[])[],
  ) {
    super(
      `${one} and ${other} can be related in ${pairs.length} ways: ${pairs.map((pair) => pair.join(' ')).join(', ')}`,
      `ensemble add-relation ${pairs[0]?.join(' ')}`,
    );
  }
}

export class RelationExists extends EnsembleError {
  static override readonly code = 'relation-exists';
  constructor(readonly endpoints: readonly string[]) {
    super(`${endpoints.join(' and ')} are related already`, 'ensemble status');
  }
}

export class RelationNotFound extends EnsembleError {
  static override readonly code = 'relation-not-found';
  constructor(readonly endpoints: readonly string[]) {
    super(`${endpoints.join(' and ')} are not related`, 'ensemble status');
  }
}

/** Two services are related in more than one way. */
export class RelationsAmbiguous extends EnsembleError {
  static override readonly code = 'relations-ambiguous';
  constructor(
    readonly endpoints: readonly string[],
    readonly pairs: readonly (readonly string[])[],
  ) {
    super(
      `${endpoints.join(' and ')} are related in ${pairs.length} ways: ${pairs.map((pair) => pair.join(' ')).join(', ')}`,
      `ensemble remove-relation ${pairs[0]?.join(' ')}`,
    );
  }
}

/**
 * An endpoint takes part in as many relations as its formula's `limit` allows. One that is going counts: hooks may rely
 * on the limit, and until `broken` is through a unit is in it.
 */
export class RelationLimitReached extends EnsembleError {
  static override readonly code = 'relation-limit-reached';
  constructor(
    readonly endpoint: string,
    readonly limit: number,
    /** The services of the relations that count and are going already. */
    readonly going: readonly string[] = [],
    /** The services of those that count and stay. */
    readonly others: readonly string[] = [],
  ) {
    const most = `${endpoint} takes part in ${limit} relation${limit === 1 ? '' : 's'} at most`;
    super(
      going.length === 0 ? most : `${most}, and units have still to leave the one with ${going.join(', ')}`,
      going.length === 0
        ? `ensemble remove-relation ${endpoint} ${others[0] ?? 'SERVICE'}, and this command again when it is gone`
        : 'ensemble status, and this command again when it is gone',
    );
  }
}

/** `resolved UNIT RELATION` is for relations whose hook failed only. */
export class RelationNotInError extends EnsembleError {
  static override readonly code = 'relation-not-in-error';
  constructor(
    readonly unit: string,
    readonly relation: string,
    readonly failed: readonly string[],
  ) {
    super(
      failed.length === 0
        ? `unit ${unit} has no relation in error`
        : `${relation} names no single relation in error of unit ${unit}; there are: ${failed.join(', ')}`,
      failed.length === 0 ? 'ensemble status' : `ensemble resolved --retry ${unit} ${failed[0]}`,
    );
  }
}

/** A relation of container scope places the units of the one service beside those of the other. */
export class ContainerNeedsSubordinate extends EnsembleError {
  static override readonly code = 'container-needs-subordinate';
  constructor(
    readonly endpoints: readonly string[],
    /** How many of the services are subordinates: none or both. */
    readonly subordinates: number,
  ) {
    super(
      `${endpoints.join(' and ')} cannot be related in container scope: ${subordinates === 0 ? 'neither service is a subordinate' : 'both services are subordinates'}`,
      'relate a service whose metadata.yaml says `subordinate: true` to one that is not',
    );
  }
}

/** A subordinate's units come and go with the units they are placed beside. */
export class ServiceIsSubordinate extends EnsembleError {
  static override readonly code = 'service-is-subordinate';
  constructor(readonly service: string) {
    super(
      `service ${service} is a subordinate: it has a unit beside each unit of the services it is related to, and no others`,
      `ensemble add-relation ${service} SERVICE`,
    );
  }
}

/** See `ServiceIsSubordinate`. */
export class UnitIsSubordinate extends EnsembleError {
  static override readonly code = 'unit-is-subordinate';
  constructor(
    readonly unit: string,
    readonly principal: string,
  ) {
    super(
      `unit ${unit} is a subordinate: it goes with ${principal}, or with the relation that placed it there`,
      `ensemble remove-unit ${principal}, or ensemble remove-relation ${serviceOfUnit(unit)} ${serviceOfUnit(principal)}`,
    );
  }
}
