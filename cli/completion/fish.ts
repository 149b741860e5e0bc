import type { CommandLine } from '../definitions/definition.js';
import {
  type Completable,
  type CompletableCommand,
  type CompletableOption,
  completableCommands,
  completableGlobals,
  environmentOptions,
} from './words.js';

/** The completion script for fish, which has a declaration for each thing that can be completed. */
export function fishScript(line: CommandLine): string {
  const commands = completableCommands(line);
  return [
    '# Completion of ensemble for fish. Printed by: ensemble completion fish',
    ...functions(commands, environmentOptions(line)),
    '',
    'complete -c ensemble -f',
    ...completableGlobals(line).map((option) => optionLine('__ensemble_no_command', option)),
    ...commands.flatMap((command) => [
      `complete -c ensemble -n __ensemble_no_command -a ${command.name} -d ${quoted(command.summary)}`,
      ...command.options.map((option) => optionLine(`__ensemble_at ${command.name}`, option)),
      ...command.arguments.map(({ value, variadic }, index) => {
        const place = variadic ? '' : ` ${index}`;
        return `complete -c ensemble -n '__ensemble_at ${command.name}${place}' ${answer(value)}`;
      }),
    ]),
  ].join('\n');
}

function functions(commands: readonly CompletableCommand[], choosing: readonly string[]): readonly string[] {
  const withValue = new Set(
    commands.flatMap(({ options }) =>
      options.flatMap(({ spellings, value }) => (value === undefined ? [] : spellings)),
    ),
  );
  return [
    '# The words before the cursor without options and their values; the first is the command.',
    'function __ensemble_words',
    '    set -l pending no',
    '    for word in (commandline -opc)[2..-1]',
    '        if test $pending = yes',
    '            set pending no',
    '        else if string match -q -- "-*" $word',
    `            contains -- $word ${[...withValue].join(' ')}; and set pending yes`,
    '        else',
    '            echo $word',
    '        end',
    '    end',
    'end',
    '',
    'function __ensemble_no_command',
    '    test (count (__ensemble_words)) -eq 0',
    'end',
    '',
    '# Whether the cursor is at an argument of a command, or at that of a place counted from 0.',
    'function __ensemble_at',
    '    set -l words (__ensemble_words)',
    '    test "$words[1]" = $argv[1]; or return 1',
    '    test (count $argv) -eq 1; or test (math (count $words) - 1) -eq $argv[2]',
    'end',
    '',
    '# The names of a kind, in the environment that the line chooses.',
    'function __ensemble_names',
    '    set -l line (commandline -opc)',
    '    set -l chosen',
    '    for index in (seq 2 (math (count $line) - 1))',
    `        contains -- $line[$index] ${choosing.join(' ')}; and set -a chosen $line[$index] $line[(math $index + 1)]`,
    '    end',
    '    $line[1] $chosen __complete $argv[1] (__ensemble_words)[2..-1] 2>/dev/null',
    'end',
  ];
}

function optionLine(when: string, { spellings, description, value }: CompletableOption): string {
  const words = spellings.map((spelling) =>
    spelling.startsWith('--') ? `-l ${spelling.slice(2)}` : `-s ${spelling.slice(1)}`,
  );
  const required = value === undefined ? '' : ` -r ${answer(value)}`;
  return `complete -c ensemble -n '${when}' ${words.join(' ')} -d ${quoted(description)}${required}`;
}

function answer(value: Completable): string {
  if (value === 'nothing') return '-f';
  if ('words' in value) return `-f -a ${quoted(value.words.join(' '))}`;
  if ('names' in value) return `-f -a '(__ensemble_names ${value.names})'`;
  return value.shell === 'files' ? '-F' : "-f -a '(__fish_complete_directories)'";
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
