import type { CommandLine } from '../definitions/definition.js';
import { type Completable, completableCommands, completableGlobals, environmentOptions } from './words.js';

/**
 * Shell functions that bash and zsh both understand, each answering one question about the commands:
 * which there are, which options one takes, what an option's value is, and what an argument is.
 */
export function shellTables(line: CommandLine): readonly string[] {
  const commands = completableCommands(line);
  const globals = completableGlobals(line);
  const choosing = environmentOptions(line);
  const rows = <Row>(items: readonly Row[], row: (item: Row) => string): readonly string[] =>
    items.map((item) => `    ${row(item)} ;;`);
  return [
    '_ensemble_commands() {',
    `  echo '${commands.map(({ name }) => name).join(' ')} help'`,
    '}',
    '',
    '_ensemble_options() {',
    '  case "$1" in',
    ...rows(
      commands,
      ({ name, options }) => `${name}) echo '${options.flatMap(({ spellings }) => spellings).join(' ')}'`,
    ),
    `    *) echo '--version ${globals.flatMap(({ spellings }) => spellings).join(' ')}' ;;`,
    '  esac',
    '}',
    '',
    '# The kind of the value that an option of a command takes; nothing where it takes none.',
    '_ensemble_value() {',
    '  case "$1 $2" in',
    ...rows(
      commands.flatMap(({ name, options }) =>
        options.flatMap(({ spellings, value }) => (value === undefined ? [] : [{ name, spellings, value }])),
      ),
      ({ name, spellings, value }) =>
        `${spellings.map((spelling) => `'${name} ${spelling}'`).join('|')}) echo '${kindOf(value)}'`,
    ),
    ...rows(
      globals.flatMap(({ spellings, value }) => (value === undefined ? [] : [{ spellings, value }])),
      ({ spellings, value }) =>
        `${spellings.map((spelling) => `' ${spelling}'`).join('|')}) echo '${kindOf(value)}'`,
    ),
    '  esac',
    '}',
    '',
    '# The kind of a command’s argument, counted from 0.',
    '_ensemble_argument() {',
    '  case "$1 $2" in',
    ...rows(
      commands.flatMap(({ name, arguments: args }) =>
        args.map(({ value, variadic }, index) => ({ name, value, place: variadic ? '*' : String(index) })),
      ),
      ({ name, value, place }) => `'${name} '${place}) echo '${kindOf(value)}'`,
    ),
    `    'help '0) echo "words $(_ensemble_commands)" ;;`,
    '  esac',
    '}',
    '',
    '# The words on the line so far, as arguments: what the one after them may be.',
    '_ensemble_kind() {',
    "  local command='' pending='' value='' word",
    '  local -i place=0',
    '  _ensemble_environment=()',
    '  _ensemble_arguments=()',
    '  for word in "$@"; do',
    '    if [[ -n "$value" ]]; then',
    `      case "$pending" in ${choosing.join('|')}) _ensemble_environment+=("$pending" "$word") ;; esac`,
    "      value=''",
    '    elif [[ "$word" == -* ]]; then',
    '      pending="$word"',
    '      value="$(_ensemble_value "$command" "$word")"',
    '    elif [[ -z "$command" ]]; then',
    '      command="$word"',
    '    else',
    '      place+=1',
    '      _ensemble_arguments+=("$word")',
    '    fi',
    '  done',
    '  _ensemble_command="$command"',
    '  if [[ -n "$value" ]]; then',
    '    _ensemble_found="$value"',
    '  elif [[ -z "$command" ]]; then',
    '    _ensemble_found="words $(_ensemble_commands)"',
    '  else',
    '    _ensemble_found="$(_ensemble_argument "$command" "$place")"',
    '  fi',
    '}',
  ];
}

function kindOf(value: Completable): string {
  if (value === 'nothing') return 'nothing';
  if ('words' in value) return `words ${value.words.join(' ')}`;
  return 'names' in value ? `names ${value.names}` : value.shell;
}
