import { type ChildProcess, spawn } from 'node:child_process';
import type { Run, Sandbox } from '../cli/sandbox.js';
import { watcherProgram } from '../programs.js';

/** A watcher of a sandbox that runs. */
export interface RunningWatcher {
  readonly process: ChildProcess;
  /** What it logged until now. */
  log(): string;
  readonly ended: Promise<Run>;
}

/** Starts the program on the sandbox's environment; whoever starts it ends it. */
export function startWatcherProcess(
  box: Pick<Sandbox, 'directory' | 'home'>,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): RunningWatcher {
  const child = spawn(process.execPath, [watcherProgram, ...args], {
    cwd: box.directory,
    env: { PATH: process.env.PATH, HOME: box.directory, ENSEMBLE_HOME: box.home, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Run>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, log: () => stdout, ended };
}
