import { defineError } from '../../state/platform/errors.js';

/** What is to be done on the unit's machine was asked for on another one. */
export class NotOnMachine extends defineError<{ unit: string; machine: string; hostname: string }>(
  'not-on-machine',
  ({ unit, machine, hostname }) =>
    `unit ${unit} is on machine ${machine} (${hostname}), which is not this one`,
  ({ hostname }) => `run the same command on ${hostname}`,
) {}

/** The agent's data directory belongs to another user. */
export class DataDirectoryForbidden extends defineError<{ directory: string }>(
  'data-directory-forbidden',
  ({ directory }) => `${directory} is the agent's, and not for this user`,
  'run the same command as the agent’s user',
) {}

export class TmuxMissing extends defineError(
  'tmux-missing',
  'tmux is not installed on this machine',
  'install it: apt-get install tmux',
) {}

/** tmux would not make the session that hooks are to be opened in. */
export class TmuxFailed extends defineError<{ reason: string }>(
  'tmux-failed',
  ({ reason }) => `tmux failed: ${reason}`,
  'tmux -V, which should be 3.0 or newer',
) {}
