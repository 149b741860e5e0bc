import { type ChildProcess, spawn } from 'node:child_process';
import { ensembleProgram } from '../programs.js';
import type { World } from './world.js';

/** How a command of an operator ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is still going on. */
export interface OperatorCommand {
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<CommandEnd>;
}

/** Starts `ensemble …args` in a world, as a process of its own that dies with the tests. */
export function operate(world: World, ...args: readonly string[]): OperatorCommand {
  return operateWith(world, {}, ...args);
}

/** The same, with other variables in its environment. */
export function operateWith(
  world: World,
  variables: NodeJS.ProcessEnv,
  ...args: readonly string[]
): OperatorCommand {
  const child = spawn(
    '/usr/bin/setpriv',
    ['--pdeathsig', 'KILL', process.execPath, ensembleProgram, ...args],
    {
      cwd: world.root,
      env: { PATH: process.env.PATH, HOME: world.root, ENSEMBLE_HOME: world.root, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
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

/** The same, waited for. */
export function ensemble(world: World, ...args: readonly string[]): Promise<CommandEnd> {
  return operate(world, ...args).ended;
}
