/** The commands that go to an environment. A test holds them together with those there are. */
export const COMMANDS_OF_AN_ENVIRONMENT: ReadonlySet<string> = new Set([
  'abort',
  'add-relation',
  'add-unit',
  'bootstrap',
  'cordon',
  'debug-hooks',
  'debug-log',
  'deploy',
  'destroy-environment',
  'destroy-service',
  'export',
  'expose',
  'formulas',
  'get',
  'history',
  'hold-upgrade',
  'import',
  'machines',
  'newer',
  'prune',
  'remove-machine',
  'remove-relation',
  'remove-unit',
  'repository',
  'resolved',
  'revert-formula',
  'rollout',
  'run',
  'set',
  'set-rollout',
  'status',
  'uncordon',
  'unexpose',
  'unhold-upgrade',
  'upgrade-environment',
  'upgrade-formula',
  'upgrade-policy',
  'watcher',
]);

/** Up to the sign or the word by which a sentence goes on after a command. A sign within quotes ends nothing. */
const REST = /(?:'[^'\n]*'|"[^"\n]*"|.)*?(?=$|[,;)]| \(| or | and |\.(?: |$))/.source;

/**
 * A command of `ensemble`, an agent that is started, or what leads to a machine's service, whose name is no command. In
 * prose, `ensemble-agent` stands without options, and after no colon. A usage line is no command.
 */
const COMMAND = new RegExp(
  [
    `(?<![\\w/.-])systemctl ${REST}`,
    `(?<![\\w/.-]|usage: )ensemble (?<name>[a-z]+(?:-[a-z]+)*)(?![\\w-])(?<rest>${REST})`,
    `(?<![\\w/.-])(?<agent>ensemble-agent)(?<words> -${REST})`,
    `(?<=: )(?<alone>ensemble-agent)(?=$|[,;)]| \\()`,
  ].join('|'),
  'gm',
);

/** Options by which a command says its environment itself, and those that go to none. */
const OF_ITS_OWN = /(?:^| )(?:(?:-e|--environment|--storage)(?:[ =]|$)|--help\b|--version\b)/;

/**
 * A text whose commands go to the environment that the operator chose, so that whoever copies one does not act on the
 * default. A command that names its environment stays as it is.
 * @param choice the options, with a space in front; empty where nothing was chosen
 */
export function withChoice(text: string, choice: string): string {
  if (choice === '') return text;
  return text.replace(COMMAND, (command: string, ...parts: unknown[]) => {
    const { name, rest = '', agent, words = '', alone } = parts.at(-1) as Partial<Record<string, string>>;
    // The words after a bare -- are another program's.
    const own = (name === undefined ? words : rest).split(' -- ')[0] ?? '';
    if (OF_ITS_OWN.test(own)) return command;
    if (name !== undefined)
      return COMMANDS_OF_AN_ENVIRONMENT.has(name) ? `ensemble ${name}${choice}${rest}` : command;
    const program = agent ?? alone;
    return program === undefined ? command : `${program}${choice}${words}`;
  });
}

/**
 * A value of JSON's kinds with its texts made others.
 * @param text is given each text, and the key that it, or the list that it is in, stands under
 */
export function mapTexts(value: unknown, text: (text: string, key: string) => string, key = ''): unknown {
  if (typeof value === 'string') return text(value, key);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, text, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapTexts(each, text, name)]));
}
