import { EnsembleError } from '../state/platform/errors.js';
import type { RelationFault } from './upgrade/relation-faults.js';

/** A service was created, and then its units could not be. */
export class UnitsNotAdded extends EnsembleError {
  static override readonly code = 'units-not-added';
  constructor(
    readonly service: string,
    readonly count: number,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `service ${service} is created, but not all of its units are: ${reason}`,
      `the same command again makes the others; where it cannot: ensemble status ${service}, then ensemble add-unit -n ${count} ${service}`,
      options,
    );
  }
}

/** An upgrade goes forward only. */
export class RevisionOlder extends EnsembleError {
  static override readonly code = 'revision-older';
  constructor(
    readonly service: string,
    readonly deployed: string,
    readonly revision: number,
  ) {
    super(
      `service ${service} runs ${deployed}, and revision ${revision} is older; an upgrade goes forward only`,
      'to bring the old content back, give it a higher revision than the deployed one and upgrade to that',
    );
  }
}

/** Somebody else upgraded the service while this command was on its way. */
export class UpgradeOvertaken extends EnsembleError {
  static override readonly code = 'upgrade-overtaken';
  constructor(
    readonly service: string,
    readonly wanted: string,
    readonly formula: string,
  ) {
    super(
      `somebody else set service ${service} to ${formula} at the same time; ${wanted} was not set`,
      `ensemble status ${service}`,
    );
  }
}

/** Units named on the command line are of another service. */
export class UnitOfOtherService extends EnsembleError {
  static override readonly code = 'unit-of-other-service';
  constructor(
    readonly unit: string,
    readonly service: string,
  ) {
    super(`${unit} is no unit of service ${service}`, `ensemble status ${service}`);
  }
}

/** `upgrade-formula --bump` and `deploy --upgrade` write into the formula's directory, which a bundle is not. */
export class BumpNeedsDirectory extends EnsembleError {
  static override readonly code = 'bump-needs-directory';
  constructor(readonly path: string) {
    super(
      `${path} is a bundle, and a bundle is never changed`,
      'put the formula’s directory into the repository, or leave the revision as it is: without --bump, or deploy’s --upgrade',
    );
  }
}

/** Nothing has a name that fits what `status` was narrowed to. */
export class NothingMatches extends EnsembleError {
  static override readonly code = 'nothing-matches';
  constructor(readonly scope: string) {
    super(`no service, unit or machine is called ${scope}`, 'ensemble status');
  }
}

/** The new formula would break relations that are in use. */
export class RelationsInUse extends EnsembleError {
  static override readonly code = 'relations-in-use';
  constructor(
    readonly service: string,
    readonly formula: string,
    readonly faults: readonly RelationFault[],
  ) {
    super(
      `${formula} does not fit the relations of ${service}:\n${faults.map((fault) => `  ${faultText(fault)}`).join('\n')}`,
      `ensemble remove-relation ${service}:${faults[0]?.relation} ${faults[0]?.services[0]}, or the same command with --force`,
    );
  }
}

/** A service's units are placed either beside others' or on their own. */
export class SubordinateChanged extends EnsembleError {
  static override readonly code = 'subordinate-changed';
  constructor(
    readonly service: string,
    readonly formula: string,
    /** What the new formula is. */
    readonly subordinate: boolean,
  ) {
    super(
      subordinate
        ? `${formula} is a subordinate, and service ${service} is not`
        : `${formula} is no subordinate, and service ${service} is one`,
      'deploy it as another service',
    );
  }
}

/** The service, or units of it, went back from this formula; it is not taken again unasked. */
export class FormulaReverted extends EnsembleError {
  static override readonly code = 'formula-reverted';
  constructor(
    readonly service: string,
    readonly formula: string,
  ) {
    super(
      `${service} went back from ${formula}, so it is not taken again`,
      `publish a mended revision, or ensemble upgrade-formula --force ${service}`,
    );
  }
}

/** Formulas are pruned, and bundles of theirs could not be removed from the storage. */
export class PruneIncomplete extends EnsembleError {
  static override readonly code = 'prune-incomplete';
  constructor(
    readonly bundles: number,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${bundles} bundle${bundles === 1 ? '' : 's'} of pruned formulas could not be removed from the storage: ${reason}`,
      'ensemble prune, when that is mended: it remembers them',
      options,
    );
  }
}

/** A relation that a new formula breaks, in a line. */
export function faultText({ relation, services, reason }: RelationFault): string {
  return `relation ${relation} (with ${services.join(', ')}): ${reason}`;
}
