import { runCommand } from '../command-in-process.js';
import type { CommandEnd } from '../command-process.js';

/** Runs `ensemble …words` with `home` as `$ENSEMBLE_HOME`, and nothing of this process's own environment. */
export function runIn(home: string, ...words: readonly string[]): Promise<CommandEnd> {
  const variables = { PATH: process.env.PATH, HOME: home, ENSEMBLE_HOME: home };
  return runCommand(words, { directory: home, variables });
}
