import type {
  ArgumentDefinition,
  CommandLine,
  CompletedName,
  OptionDefinition,
} from '../definitions/definition.js';

/**
 * The completions of a word: names of a kind, which `ensemble __complete` prints, files or directories, which the
 * shell knows, or a choice of words. `nothing`: a value that only the operator knows.
 */
export type Completable =
  | { readonly names: CompletedName }
  | { readonly shell: 'files' | 'directories' }
  | { readonly words: readonly string[] }
  | 'nothing';

export interface CompletableOption {
  /** As typed: `-n`, `--units`. */
  readonly spellings: readonly string[];
  readonly description: string;
  /** Undefined for a flag without a value. */
  readonly value: Completable | undefined;
}

export interface CompletableCommand {
  readonly name: string;
  readonly summary: string;
  /** Those of every command among them. */
  readonly options: readonly CompletableOption[];
  readonly arguments: readonly { readonly value: Completable; readonly variadic: boolean }[];
}

/** The options that every command takes, also in front of the command. */
export function completableGlobals({ globalOptions }: CommandLine): readonly CompletableOption[] {
  return [...globalOptions, HELP].map(optionOf);
}

/** Those by which a command chooses its environment; names are completed from the same one. */
export function environmentOptions(line: CommandLine): readonly string[] {
  return completableGlobals(line).flatMap(({ spellings, value }) => (value === undefined ? [] : spellings));
}

/** The command definitions as completion needs them: whatever a command takes is completed, and nothing else. */
export function completableCommands(line: CommandLine): readonly CompletableCommand[] {
  return line.commands
    .filter(({ hidden }) => hidden !== true)
    .map((command) => ({
      name: command.name,
      summary: command.summary,
      options: [...command.options.map(optionOf), ...completableGlobals(line)],
      arguments: command.arguments.map((argument) => ({
        value: completableOf(argument),
        variadic: argument.name.includes('...'),
      })),
    }));
}

const HELP: OptionDefinition = { flags: '-h, --help', description: 'show the command’s help' };

function optionOf(option: OptionDefinition): CompletableOption {
  return {
    spellings: spellingsOf(option.flags),
    description: option.description,
    value: /<.*>/.test(option.flags) ? completableOf(option) : undefined,
  };
}

function spellingsOf(flags: string): readonly string[] {
  return flags.match(/--?[a-zA-Z][a-z-]*/g) ?? [];
}

function completableOf({
  completes,
  choices,
  words,
}: Pick<ArgumentDefinition, 'completes' | 'choices'> & Pick<OptionDefinition, 'words'>): Completable {
  if (choices !== undefined) return { words: choices };
  if (words !== undefined) return { words };
  switch (completes) {
    case undefined:
      return 'nothing';
    case 'files':
    case 'directories':
      return { shell: completes };
    default:
      return { names: completes };
  }
}
