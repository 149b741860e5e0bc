import { type ChildProcess, spawn } from 'node:child_process';

/** How a command ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is still going on, as a process of its own. */
export interface CommandProcess {
  readonly process: ChildProcess;
  /** What came until now. */
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<CommandEnd>;
}

/** What a command finds around it. */
export interface Surroundings {
  readonly directory: string;
  /** All of its environment. */
  readonly variables: NodeJS.ProcessEnv;
}

/**
 * Starts a program on this Node, as a process that dies with the tests.
 * @param program one of `programs.ts`
 */
export function startCommand(
  program: string,
  args: readonly string[],
  { directory, variables }: Surroundings,
): CommandProcess {
  const child = spawn('/usr/bin/setpriv', ['--pdeathsig', 'KILL', process.execPath, program, ...args], {
    cwd: directory,
    env: variables,
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
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
}
