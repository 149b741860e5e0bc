import type { Command } from 'commander';
import type { HookContext } from '../context/hook-context.js';

/** A command that a hook may call. It runs inside the agent; the hook's side only carries words there and back. */
export interface HookTool {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** Lines for the end of `--help`, each a call as a hook would make it. */
  readonly examples: readonly string[];
  /** Declares options and arguments on `command`, with an action that works on `call`. */
  define(command: Command, call: ToolCall): void;
}

/** One call of a tool. */
export interface ToolCall {
  readonly context: HookContext;
  /** The caller's working directory, absolute. */
  readonly directory: string;
  /** Writes to the tool's stdout as it is. */
  print(text: string): void;
  /** The whole standard input of the tool; only to be asked for before anything was done (see InputWanted). */
  input(): string;
}

/** The result that a tool leaves to its caller. */
export interface ToolResult {
  /** 0 done, 1 failed, 2 wrong usage */
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A tool needs its standard input, which is not sent unasked: a tool called in a `while read` loop must not eat what
 * the loop reads. The client sends the call again, with its input.
 */
export class InputWanted {}
