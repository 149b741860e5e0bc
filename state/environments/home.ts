import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ownVariables } from '../platform/variables.js';

/** The file of environments, in a home. */
export const FILE = 'environments.yaml';

/** Where the documentation's unit file for agents has it: so operators on such a machine need set nothing. */
const SYSTEM_HOME = '/etc/ensemble';

/** `$ENSEMBLE_HOME`, or `~/.ensemble`; where that has no file of environments, and `/etc/ensemble` has one, that. */
export function ensembleHome(variables: NodeJS.ProcessEnv = ownVariables(), system = SYSTEM_HOME): string {
  if (variables.ENSEMBLE_HOME) return resolve(variables.ENSEMBLE_HOME);
  const own = join(variables.HOME || homedir(), '.ensemble');
  return !existsSync(join(own, FILE)) && existsSync(join(system, FILE)) ? system : own;
}
