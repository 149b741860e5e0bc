import type { UsageError } from '../output/errors.js';
import type { Output } from '../output/output.js';
import type { Trace } from './trace.js';

/** The options every command takes. */
export interface GlobalOptions {
  readonly environment?: string;
  /** URLs that stand in for an environments file; both or none. */
  readonly state?: string;
  readonly storage?: string;
  readonly debug?: boolean;
}

/** The surroundings of a command besides its own arguments and options. */
export interface Invocation {
  readonly output: Output;
  readonly globals: GlobalOptions;
  readonly trace: Trace;
  /** The error for arguments that are wrong together, with the command's usage line. */
  misuse(reason: string): UsageError;
}

/**
 * The process's exit code: 0 done, 1 failed, 2 wrong usage, 130 if the operator stopped it by Ctrl-C, as in shells.
 * `run` exits with the status of its command.
 */
export type ExitCode = number;

/** The options of commands that can follow what they started. */
export interface FollowOptions {
  readonly wait: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
}
