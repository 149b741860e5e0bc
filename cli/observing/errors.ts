import { EnsembleError } from '../../state/platform/errors.js';
import { cordonBlocker } from '../../control/cordon.js';

/** What is asked of a unit needs its agent now. */
export class AgentDown extends EnsembleError {
  static override readonly code = 'agent-down';
  constructor(
    readonly unit: string,
    readonly machine: string,
    /** What has the agent work again. */
    readonly start: string,
    /** Why it does not, where more is known than that. */
    readonly absence?: string,
  ) {
    super(
      `the agent of ${unit} on machine ${machine} is down${absence === undefined ? '' : `: ${absence}`}`,
      start,
    );
  }
}

/** No machine hosts the unit yet. */
export class UnitUnplaced extends EnsembleError {
  static override readonly code = 'unit-unplaced';
  constructor(
    readonly unit: string,
    readonly start: string,
    /** All machines there are, where every one is cordoned. */
    readonly closed?: readonly string[],
  ) {
    const blocker = closed && cordonBlocker(closed);
    super(
      blocker === undefined
        ? `unit ${unit} waits for a machine`
        : `unit ${unit} cannot be asked: ${blocker.reason}`,
      blocker?.next ?? `start an agent: ${start}`,
    );
  }
}

/** The agent could not start an operator's command. */
export class CommandNotRun extends EnsembleError {
  static override readonly code = 'command-not-run';
  constructor(
    readonly unit: string,
    readonly reason: string,
  ) {
    super(`the command was not run in ${unit}: ${reason}`, 'ensemble status');
  }
}

/** What is to be done on the unit's machine was asked for on another one. */
export class NotOnMachine extends EnsembleError {
  static override readonly code = 'not-on-machine';
  constructor(
    readonly unit: string,
    readonly machine: string,
    readonly hostname: string,
  ) {
    super(
      `unit ${unit} is on machine ${machine} (${hostname}), which is not this one`,
      `run the same command on ${hostname}`,
    );
  }
}

/** The agent's data directory belongs to another user. */
export class DataDirectoryForbidden extends EnsembleError {
  static override readonly code = 'data-directory-forbidden';
  constructor(
    readonly directory: string,
    options?: ErrorOptions,
  ) {
    super(
      `${directory} is the agent's, and not for this user`,
      'run the same command as the agent’s user',
      options,
    );
  }
}

export class TmuxMissing extends EnsembleError {
  static override readonly code = 'tmux-missing';
  constructor() {
    super('tmux is not installed on this machine', 'install it: apt-get install tmux');
  }
}

/** tmux would not make the session that hooks are to be opened in. */
export class TmuxFailed extends EnsembleError {
  static override readonly code = 'tmux-failed';
  constructor(readonly reason: string) {
    super(`tmux failed: ${reason}`, 'tmux -V, which should be 3.0 or newer');
  }
}
