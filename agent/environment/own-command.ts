import type { Environment } from '../../state/environments/environment.js';
import { shellWord } from '../../state/platform/shell-word.js';

/** The name of the environment that `--state` and `--storage` make up. */
const ADHOC = 'adhoc';

/** The command that starts an agent as this one was started, for messages: paste-able. */
export function ownCommand(
  environment: Environment,
  machine: string,
  dataDirectory: string,
  takeOver = false,
): string {
  const words = ['--machine', machine, '--data-dir', dataDirectory, ...(takeOver ? ['--take-over'] : [])];
  const which = words.map(shellWord).join(' ');
  return `ensemble-agent${choiceOf(environment)} ${which}`;
}

/** The options, with a space in front, by which an agent goes to the environment. */
export function choiceOf({ name, state, storage }: Environment): string {
  const words = name === ADHOC ? ['--state', state, '--storage', storage] : ['-e', name];
  return ` ${words.map(shellWord).join(' ')}`;
}
