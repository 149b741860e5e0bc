import { spawn } from 'node:child_process';
import type { Environment } from '../../state/environments/environment.js';
import { ensembleHome } from '../../state/environments/home.js';
import { ADHOC } from '../invocation/session.js';

/** Begins a look for what is newer, in a process of its own that outlives this one, and holds nothing of it. */
export function startRefresh({ name, state, storage }: Environment, variables: NodeJS.ProcessEnv): void {
  const [, program = ''] = process.argv;
  const chosen = name === ADHOC ? ['--state', state, '--storage', storage] : ['-e', name];
  const child = spawn(process.execPath, [program, '__refresh-notices', ...chosen], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: { ...variables, ENSEMBLE_HOME: ensembleHome() },
  });
  // Without room for one more process there is another look in a while.
  child.on('error', () => undefined);
  child.unref();
}
