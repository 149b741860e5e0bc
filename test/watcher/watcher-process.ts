import { type CommandProcess, startCommand } from '../command-process.js';
import type { Sandbox } from '../cli/sandbox.js';
import { watcherProgram } from '../programs.js';

/** A watcher of a sandbox that runs. */
export interface RunningWatcher extends CommandProcess {
  /** What it logged until now. */
  log(): string;
}

/** Starts the program on the sandbox's environment; whoever starts it ends it. */
export function startWatcherProcess(
  box: Pick<Sandbox, 'directory' | 'home'>,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): RunningWatcher {
  const { directory, home } = box;
  const running = startCommand(watcherProgram, args, {
    directory,
    variables: { PATH: process.env.PATH, HOME: directory, ENSEMBLE_HOME: home, ...variables },
  });
  return { ...running, log: running.stdout };
}
