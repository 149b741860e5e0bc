import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ensembleVersion } from '../state/version.js';
import type { CommandDefinition, OptionDefinition } from './definitions/definition.js';
import { commands, globalOptions } from './definitions.js';
import { UsageError } from './output/errors.js';
import type { ExitCode, GlobalOptions, Invocation } from './invocation/invocation.js';
import type { Output } from './output/output.js';
import { emptyTrace, type Trace } from './invocation/trace.js';
import { typedChoice } from './invocation/session.js';
import { ValueRefused } from './arguments/values.js';

/**
 * Parses the command line and runs the command it names.
 * @param argv what was typed after `ensemble`
 * @param trace gets what the command leaves for the notices after it
 * @throws UsageError, whatever the command throws
 */
export async function runProgram(
  argv: readonly string[],
  output: Output,
  trace: Trace = emptyTrace(),
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command('ensemble')
    .description('Runs services as units on machines, and upgrades their formulas while they run.')
    .version(ensembleVersion(), '-V, --version', 'print the version');
  for (const option of globalOptions) program.addOption(optionOf(option));
  speakThrough(program, output);
  // Only the list of all commands shows more than one, and to make them all takes a while.
  const first = commands.filter(({ name }) => name === argv[0]);
  for (const definition of first.length > 0 ? first : commands) {
    const command = program
      .command(definition.name, { hidden: definition.hidden === true })
      .summary(definition.summary);
    describe(command, definition);
    speakThrough(command, output);
    command.action(async (...received: unknown[]) => {
      const args = received.slice(0, -2) as Parameters<CommandDefinition['run']>[0];
      const globals = program.opts<GlobalOptions>();
      output.carry(typedChoice(globals));
      trace.command = definition.name;
      const invocation: Invocation = {
        output,
        globals,
        trace,
        misuse: (reason) => misuse(command, reason),
      };
      exitCode = await definition.run(args, command.opts<never>(), invocation);
    });
  }
  program.addHelpText(
    'after',
    '\nexample:\n  ensemble bootstrap\n  ensemble deploy --repository ./principia -n 3 guestbook\n  ensemble upgrade-formula guestbook',
  );
  if (argv.length === 0)
    throw new UsageError({ reason: 'no command is given', command: 'ensemble', usage: usageOf(program) });
  try {
    await program.parseAsync(separateUnits(argv.map(unitStateOf)), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    throw error;
  }
  return exitCode;
}

function describe(command: Command, definition: CommandDefinition): void {
  const summary = `${definition.summary.charAt(0).toUpperCase()}${definition.summary.slice(1)}.`;
  command.description(
    definition.details === undefined ? summary : `${summary}\n\n${flowing(definition.details)}`,
  );
  for (const { name, description, parse, choices } of definition.arguments) {
    const argument = new Argument(name, description);
    if (parse !== undefined) argument.argParser(guarded(parse));
    if (choices !== undefined) argument.choices(choices);
    command.addArgument(argument);
  }
  for (const option of definition.options) command.addOption(optionOf(option));
  command.addHelpText('after', `\nexample:\n${definition.examples.map((line) => `  ${line}`).join('\n')}`);
}

function optionOf(definition: OptionDefinition): Option {
  const option = new Option(definition.flags, definition.description);
  if (definition.parse !== undefined) option.argParser(guarded(definition.parse));
  if (definition.default !== undefined) option.default(definition.default);
  if (definition.choices !== undefined) option.choices(definition.choices);
  if (definition.env !== undefined) option.env(definition.env);
  return option;
}

/** Commander names the argument or option in front of what an `InvalidArgumentError` says. */
function guarded(parse: (text: string, before: never) => unknown): <T>(text: string, before: T) => T {
  return <T>(text: string, before: T) => {
    try {
      return parse(text, before as never) as T;
    } catch (error) {
      if (error instanceof ValueRefused) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

/** Help goes to stdout; errors are thrown, so that the one place that prints errors prints these too. */
function speakThrough(command: Command, output: Output): void {
  command
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => output.data(text.trimEnd()),
      outputError: () => undefined,
      writeErr: () => undefined,
      getOutHelpWidth: () => Math.min(output.stdout.columns, 100),
    })
    .exitOverride((error) => {
      if (error.exitCode === 0) throw error;
      // Options without a command, or `help` of one that there is not.
      if (error.code === 'commander.help') {
        const [, name] = command.args;
        throw misuse(command, name === undefined ? 'no command is given' : `unknown command '${name}'`);
      }
      throw misuse(command, error.message.replace(/^error: (command-argument value )?/, ''));
    });
}

function misuse(command: Command, reason: string): UsageError {
  return new UsageError({ reason, command: nameOf(command), usage: usageOf(command) });
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
}

function usageOf(command: Command): string {
  return `${nameOf(command)} ${command.usage()}`;
}

/**
 * `ensemble status --state error` says which units to show, although `--state` is the coordinator's URL otherwise: what has
 * no colon is no URL.
 */
function unitStateOf(word: string, index: number, argv: readonly string[]): string {
  if (argv[0] !== 'status') return word;
  if (word === '--state' && /^[^:]+$/.test(argv[index + 1] ?? ':')) return '--unit-state';
  return word.replace(/^--state=(?=[^:]+$)/, '--unit-state=');
}

/**
 * `--unit a/0 a/1 a` as `--unit a/0 --unit a/1 a`: an option with several values would otherwise swallow the service
 * behind them. What follows belongs to the option as long as it reads like a unit.
 */
function separateUnits(argv: readonly string[]): string[] {
  const separated: string[] = [];
  let open = false;
  for (const word of argv) {
    if (open && /^[^-].*\/\d+$/.test(word) && separated.at(-1) !== '--unit') separated.push('--unit');
    else if (open && separated.at(-1) !== '--unit') open = false;
    if (word === '--unit') open = true;
    separated.push(word);
  }
  return separated;
}

/** A text whose lines are as long as the source's, to be broken where the screen ends and nowhere else. */
function flowing(text: string): string {
  return text.replaceAll(/(?<!\n)\n(?!\n)/g, ' ');
}
