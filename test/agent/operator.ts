import assert from 'node:assert/strict';
import { runCommand } from '../command-in-process.js';
import { type CommandEnd, type CommandProcess, type Surroundings, startCommand } from '../command-process.js';
import { ensembleProgram } from '../programs.js';
import type { World } from './world.js';

export type { CommandEnd } from '../command-process.js';

/** A command that is still going on. */
export type OperatorCommand = CommandProcess;

/** Starts `ensemble …args` in a world, as a process of its own. */
export function operate(world: World, ...args: readonly string[]): OperatorCommand {
  return operateWith(world, {}, ...args);
}

/** The same, with other variables in its environment. */
export function operateWith(
  world: World,
  variables: NodeJS.ProcessEnv,
  ...args: readonly string[]
): OperatorCommand {
  return startCommand(ensembleProgram, args, around(world, variables));
}

/** Runs `ensemble …args` in a world, within this process where nothing speaks against it. */
export function ensemble(world: World, ...args: readonly string[]): Promise<CommandEnd> {
  return runCommand(args, around(world));
}

/** The same of a command that is to succeed. */
export async function succeed(world: World, ...args: readonly string[]): Promise<CommandEnd> {
  const end = await ensemble(world, ...args);
  assert.equal(end.code, 0, `${args.join(' ')}\n${end.stdout}${end.stderr}`);
  return end;
}

function around({ root }: World, variables: NodeJS.ProcessEnv = {}): Surroundings {
  const own = { PATH: process.env.PATH, HOME: root, ENSEMBLE_HOME: root };
  return { directory: root, variables: { ...own, ...variables } };
}
