import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand, root } from '../../build/bundle-command.js';
import type { Lab } from './lab.js';
import { timed } from './process.js';

const agentProgram = fileURLToPath(new URL('straight-agent.js', import.meta.url));

/**
 * An upgrade written straight down with the libraries that Ensemble is made of, as they come: what is left of it without
 * most of what Ensemble adds. A command puts the formula into one file, flags each unit, waits until the flags are off
 * and reads what became of the units. An agent that runs all the while unpacks the file, copies it for each unit, and
 * takes each through states of which every one is in its journal before it is entered; it runs the hooks so that another
 * agent could find them. What must survive a power cut is flushed.
 *
 * Nothing is verified; nobody is told what a unit is at, nor what it did; a hook that fails ends everything; there are no
 * relations, settings, logs or hook tools; and nothing is taken up where it was left.
 */
export class StraightUpgrade {
  readonly #bin: string;
  readonly #bundle: string;

  private constructor(
    private readonly lab: Lab,
    private readonly agent: ChildProcess,
    directory: string,
  ) {
    this.#bin = join(directory, 'dist/bin');
    this.#bundle = join(directory, 'bundle.tar');
  }

  /** Its command is built and compiled as ours is. @param formula a directory to try it on */
  static async open(lab: Lab, units: number, formula: string): Promise<StraightUpgrade> {
    const directory = join(lab.directory, 'straight');
    const machine = join(directory, 'machine');
    mkdirSync(machine, { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    const { host } = new URL(lab.state);
    const agent = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', process.execPath, agentProgram, host, machine, String(units)],
      { env: lab.variables, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(agent.stdout, 'data');
    const straight = new StraightUpgrade(lab, agent, directory);
    await bundleCommand('bench/lab/straight-command.ts', straight.#bin);
    timed(straight.#command(formula), { env: { ...lab.variables, ENSEMBLE_COMPILE: '' } });
    return straight;
  }

  /** Of its agent. */
  get pid(): number {
    return this.agent.pid ?? 0;
  }

  /** Milliseconds of the whole command. */
  run(formula: string): number {
    return timed(this.#command(formula), { env: this.lab.variables });
  }

  async close(): Promise<void> {
    const ended = once(this.agent, 'exit');
    this.agent.kill('SIGKILL');
    await ended;
  }

  #command(formula: string): readonly [string, ...string[]] {
    return [process.execPath, join(this.#bin, 'ensemble.cjs'), 'upgrade-formula', formula, this.#bundle];
  }
}
