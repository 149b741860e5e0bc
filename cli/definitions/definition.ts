import type { ExitCode, Invocation } from '../invocation/invocation.js';
import * as values from '../arguments/values.js';

/** One value or several, by the argument's `variadic`. */
export type Arguments = readonly (string | readonly string[] | undefined)[];

/** The thing that a word of a command line names: of the environment, or on the operator's disk. */
export type Completion = CompletedName | 'files' | 'directories';

/**
 * Names that are looked up: `failed` are units in error and their services; `recorded` are services and units that have
 * a history, and `persons` those who are named in one; `formulas` those of $ENSEMBLE_REPOSITORY; `options` and
 * `settings` are those of the service that the line names first, as `title` and as `title=`.
 */
export type CompletedName =
  | 'services'
  | 'units'
  | 'failed'
  | 'services-and-units'
  | 'machines'
  | 'cordoned-machines'
  | 'candidates'
  | 'held'
  | 'environments'
  | 'formulas'
  | 'options'
  | 'settings'
  | 'recorded'
  | 'persons';

export interface ArgumentDefinition {
  /** As the usage line shows it: `<service>`, `[service]`, `<unit...>`. */
  readonly name: string;
  readonly description: string;
  readonly parse?: (text: string, before: never) => unknown;
  readonly choices?: readonly string[];
  /** The completions that a shell offers for it; without it, none. */
  readonly completes?: Completion;
}

export interface OptionDefinition {
  readonly flags: string;
  readonly description: string;
  readonly parse?: (text: string, before: never) => unknown;
  readonly default?: unknown;
  readonly choices?: readonly string[];
  readonly env?: string;
  readonly completes?: Completion;
  /** Words that it may be completed with, where others are taken too. */
  readonly words?: readonly string[];
}

export interface CommandDefinition {
  readonly name: string;
  /** Its purpose, for the list of commands; begins the command's own help too. */
  readonly summary: string;
  /** What else its help says. */
  readonly details?: string;
  readonly arguments: readonly ArgumentDefinition[];
  readonly options: readonly OptionDefinition[];
  /** Not shown in any help: for Ensemble's own use. */
  readonly hidden?: boolean;
  readonly examples: readonly [string, ...string[]];
  /** Loads the command's own module, so that no command pays for what another one needs. */
  run(args: Arguments, options: never, invocation: Invocation): Promise<ExitCode>;
}

/** Everything that can be typed. */
export interface CommandLine {
  readonly commands: readonly CommandDefinition[];
  /** The options of every command. */
  readonly globalOptions: readonly OptionDefinition[];
}

/** The one service a command is about. */
export const service: ArgumentDefinition = {
  name: '<service>',
  description: 'the service',
  parse: values.serviceName,
  completes: 'services',
};

/** The option by which a command prints data for scripts. */
export const format: OptionDefinition = {
  flags: '--format <format>',
  description: 'how to print',
  choices: ['table', 'json', 'yaml'],
  default: 'table',
};

/** Where data goes instead of stdout. */
export const output: OptionDefinition = {
  flags: '-o, --output <file>',
  description: 'write to this file instead',
  completes: 'files',
};

/** An argument of one value that must be there. */
export function text(argument: Arguments[number]): string {
  return typeof argument === 'string' ? argument : '';
}

/** An argument of one value that may be left out. */
export function maybeText(argument: Arguments[number]): string | undefined {
  return typeof argument === 'string' ? argument : undefined;
}

/** An argument of several values. */
export function list(argument: Arguments[number]): readonly string[] {
  return typeof argument === 'object' ? argument : [];
}
