import type { Environment } from '../../state/environments/environment.js';

/** The name of the environment that `--state` and `--storage` make up. */
const ADHOC = 'adhoc';

/** The command that starts an agent as this one was started, for messages: paste-able. */
export function ownCommand(
  { name, state, storage }: Environment,
  machine: string,
  dataDirectory: string,
): string {
  const where = name === ADHOC ? ['--state', state, '--storage', storage] : ['-e', name];
  return ['ensemble-agent', ...where, '--machine', machine, '--data-dir', dataDirectory]
    .map(quoted)
    .join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
