import { EnsembleError } from '../platform/errors.js';

/** A node of the tree does not hold what this version of Ensemble can read. */
export class NodeInvalid extends EnsembleError {
  static override readonly code = 'node-invalid';
  constructor(
    readonly path: string,
    readonly field: string,
    readonly reason: string,
  ) {
    super(
      `${path} in the environment's state is damaged${field === '' ? '' : ` at ${field}`}: ${reason}`,
      'restore that node: compare it with a sound one of its kind',
    );
  }
}

export class NotBootstrapped extends EnsembleError {
  static override readonly code = 'not-bootstrapped';
  /** @param next how to bootstrap it, where its name alone does not say */
  constructor(
    readonly environment: string,
    next = `ensemble bootstrap -e ${environment}`,
  ) {
    super(`environment ${environment} has not been bootstrapped`, next);
  }
}

/** The tree was written by a newer Ensemble whose layout this one cannot read. */
export class LayoutTooNew extends EnsembleError {
  static override readonly code = 'layout-too-new';
  constructor(
    readonly environment: string,
    readonly minReader: number,
    readonly level: number,
  ) {
    super(
      `environment ${environment} needs an Ensemble that reads layout ${minReader}; this one reads ${level}`,
      'install the newer Ensemble',
    );
  }
}

export class ServiceNotFound extends EnsembleError {
  static override readonly code = 'service-not-found';
  constructor(
    readonly service: string,
    readonly known: readonly string[] = [],
  ) {
    super(
      `service ${service} does not exist${known.length === 0 ? '' : `; there are: ${known.join(', ')}`}`,
      'ensemble status',
    );
  }
}

export class ServiceExists extends EnsembleError {
  static override readonly code = 'service-exists';
  constructor(
    readonly service: string,
    readonly formula: string,
    /** In what it is not as it was to be deployed, where its formula is: `with 1 unit, and not 3`. */
    readonly differs?: string,
  ) {
    super(
      `service ${service} exists already, running ${formula}${differs === undefined ? '' : `, ${differs}`}`,
      `ensemble deploy FORMULA OTHER-NAME, or ensemble add-unit ${service}`,
    );
  }
}

/** The service is on its way out: its last units are stopping. */
export class ServiceDestroying extends EnsembleError {
  static override readonly code = 'service-destroying';
  constructor(readonly service: string) {
    super(`service ${service} is being destroyed`, 'ensemble status');
  }
}

export class UnitNotFound extends EnsembleError {
  static override readonly code = 'unit-not-found';
  constructor(readonly unit: string) {
    super(`unit ${unit} does not exist`, 'ensemble status');
  }
}

/** `resolved` is for units in an error state only. */
export class UnitNotInError extends EnsembleError {
  static override readonly code = 'unit-not-in-error';
  constructor(
    readonly unit: string,
    readonly state: string,
    /** Its relations in error, by their identifiers, with what each says: mostly one of them is what is meant. */
    readonly relations: readonly { readonly relation: string; readonly message: string }[] = [],
  ) {
    const failed = relations.map(
      ({ relation, message }) => `; its relation ${relation} is in error: ${message}`,
    );
    const commands = relations.map(({ relation }) => `ensemble resolved --retry ${unit} ${relation}`);
    super(
      `unit ${unit} is in no error state: it is ${state}${failed.join('')}`,
      commands.length === 0 ? 'ensemble status' : commands.join(', and '),
    );
  }
}

/** There is nothing to abort: none runs for longer than a moment, and none waits for its next try. */
export class NoHookRuns extends EnsembleError {
  static override readonly code = 'no-hook-runs';
  constructor(
    readonly unit: string,
    readonly state: string,
  ) {
    super(`no hook runs in ${unit}: it is ${state}`, 'ensemble status');
  }
}

export class MachineNotFound extends EnsembleError {
  static override readonly code = 'machine-not-found';
  constructor(
    readonly machine: string,
    readonly known: readonly string[],
  ) {
    super(
      `machine ${machine} does not exist${known.length === 0 ? '' : `; there are: ${known.join(', ')}`}`,
      `ensemble-agent --machine ${machine} on that machine registers it`,
    );
  }
}

/** A cordoned machine gets no new units, not even by name. */
export class MachineCordoned extends EnsembleError {
  static override readonly code = 'machine-cordoned';
  constructor(
    readonly machine: string,
    readonly by: string,
    readonly reason?: string,
  ) {
    super(
      `machine ${machine} is cordoned by ${by} and takes no new units${reason === undefined ? '' : `: ${reason}`}`,
      `ensemble uncordon ${machine}, or leave the choice of a machine to Ensemble`,
    );
  }
}

/** A machine is forgotten only when nothing is on it. */
export class MachineHostsUnits extends EnsembleError {
  static override readonly code = 'machine-hosts-units';
  constructor(
    readonly machine: string,
    readonly units: readonly string[],
    /** Whether its agent is up. */
    up: boolean,
  ) {
    super(
      `machine ${machine} hosts ${units.length === 1 ? 'a unit' : `${units.length} units`}: ${units.slice(0, 10).join(', ')}${units.length > 10 ? ', …' : ''}`,
      `ensemble remove-unit ${units.slice(0, 10).join(' ')}, and wait until ${units.length === 1 ? 'it is' : 'they are'} gone${up ? '' : `; or, if the machine is lost: ensemble remove-machine --force ${machine}`}`,
    );
  }
}

/** A unit whose agent is up is stopped by it. */
export class UnitHasAgent extends EnsembleError {
  static override readonly code = 'unit-has-agent';
  constructor(
    readonly unit: string,
    readonly machine: string,
  ) {
    super(
      `unit ${unit} has an agent that can stop it: that of machine ${machine} is up`,
      `ensemble remove-unit ${unit}`,
    );
  }
}

/** An agent that is up would register its machine again. */
export class MachineInUse extends EnsembleError {
  static override readonly code = 'machine-in-use';
  constructor(
    readonly machine: string,
    readonly hostname: string,
    readonly pid: number,
    /** What stops it; words that follow `stop it first`. */
    stop: string,
    /** Its process has ended, and its session is not over yet. */
    readonly isGone = false,
  ) {
    super(
      isGone
        ? `the agent of machine ${machine}, process ${pid} on ${hostname}, has stopped, and its session is not over yet`
        : `the agent of machine ${machine} is up: process ${pid} on ${hostname}`,
      isGone ? 'the same command again, in ten seconds' : `stop it first${stop}`,
    );
  }
}

/** One formula id stands for one content, for ever. */
export class FormulaPublishedDiffers extends EnsembleError {
  static override readonly code = 'formula-published-differs';
  constructor(
    readonly formula: string,
    readonly source: string,
    readonly publishedSha256: string,
    readonly sha256: string,
  ) {
    super(
      `${source} is not the ${formula} that was published: its sha256 is ${sha256.slice(0, 12)}…, the published one's ${publishedSha256.slice(0, 12)}…`,
      'give the changed formula a new revision: ensemble upgrade-formula --bump SERVICE',
    );
  }
}

/** A formula that a service or a unit has is not in the state. */
export class FormulaNotPublished extends EnsembleError {
  static override readonly code = 'formula-not-published';
  constructor(
    readonly formula: string,
    /** The unit that runs it, where it has another one to go back to. */
    readonly unit?: string,
  ) {
    const [, revision] = /-(\d+)$/.exec(formula) ?? [];
    const which = revision === undefined ? '' : `--revision ${revision} `;
    super(
      `formula ${formula} is not published in this environment`,
      `publish it again, from its repository: ensemble upgrade-formula ${which}SERVICE${unit === undefined ? '' : `, or go back: ensemble revert-formula ${unit}`}`,
    );
  }
}

/** Too many others changed the same thing at the same time. */
export class TooManyConflicts extends EnsembleError {
  static override readonly code = 'too-many-conflicts';
  constructor(readonly what: string) {
    super(`${what} is being changed by others again and again`, 'run the command again');
  }
}

/** There is no earlier formula to go back to. */
export class NothingToRevert extends EnsembleError {
  static override readonly code = 'nothing-to-revert';
  constructor(
    readonly what: string,
    readonly formula: string,
  ) {
    super(
      `${what} has no formula before ${formula === '' ? 'its present one' : formula} to go back to`,
      'ensemble status',
    );
  }
}

/** A unit's hooks are opened for one operator at a time. */
export class UnitDebugged extends EnsembleError {
  static override readonly code = 'unit-debugged';
  constructor(
    readonly unit: string,
    readonly by: string,
  ) {
    super(`unit ${unit} is being debugged by ${by} already`, 'wait until that is over, or end it');
  }
}

/** With a secret: the environment's root is open, and others keep something in it, whom closing it would lock out. */
export class PathShared extends EnsembleError {
  static override readonly code = 'path-shared';
  constructor(
    readonly state: string,
    readonly foreign: readonly string[],
  ) {
    super(
      `anyone may write to the root of ${state}, and it cannot be closed, as others keep ${shortList(foreign)} there`,
      'give the environment a path of its own in `state`, such as zookeeper://HOST:2181/ensemble',
    );
  }
}

/** With a secret: there is no environment yet, but nodes in its places that anybody may write to. */
export class StatePlanted extends EnsembleError {
  static override readonly code = 'state-planted';
  constructor(
    readonly state: string,
    readonly planted: readonly string[],
  ) {
    super(
      `${state} is not bootstrapped, and holds what anyone may have put there: ${shortList(planted)}`,
      'remove it (zkCli.sh deleteall PATH), or give the environment another path in `state`',
    );
  }
}

/** With a secret: a node is open to others, and it is not this user's to close. */
export class PathNotClosed extends EnsembleError {
  static override readonly code = 'path-not-closed';
  constructor(
    readonly state: string,
    readonly path: string,
  ) {
    super(
      `anyone may write to ${path} of ${state}, whatever the secret, and this user may not close it`,
      'have whoever made it grant all rights to the user `ensemble` with the secret (zkCli.sh: addauth, setAcl); or choose a path in `state` that does not exist yet',
    );
  }
}

/** Of many only the first, and how many more there are. */
function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
