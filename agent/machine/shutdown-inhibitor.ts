import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Log } from '../contract/log.js';

/** What delays a shutdown of the machine, and where it says that it is there. */
export interface Inhibiting {
  /** Stands where logind runs. */
  readonly directory: string;
  /** `systemd-inhibit`, by its name or path. */
  readonly command: string;
}

const LOGIND: Inhibiting = { directory: '/run/systemd/inhibit', command: 'systemd-inhibit' };

/**
 * Has the machine wait with a shutdown for a moment (logind's `delay`, five seconds by default) while the formula of a unit is
 * exchanged, where logind is. It spares the next agent the rest of that; without it nothing is lost either, as each step is
 * journalled before. So nobody waits for it, and nothing fails by it.
 *
 * One process holds it for all units. It ends when its stdin does, and so with the agent, however that ends.
 */
export class ShutdownInhibitor {
  readonly #units = new Set<string>();
  #holder: ChildProcess | undefined;
  #isAbsent: boolean;
  readonly #log: Log;
  readonly #inhibiting: Inhibiting;

  constructor(log: Log, inhibiting: Inhibiting = LOGIND) {
    this.#log = log;
    this.#inhibiting = inhibiting;
    this.#isAbsent = !existsSync(inhibiting.directory);
  }

  /** From now on the unit is not to be interrupted. */
  take(unit: string): void {
    if (this.#isAbsent) return;
    this.#units.add(unit);
    this.#holder ??= this.#hold();
  }

  /** The unit may be interrupted; may be called for one that took nothing. */
  release(unit: string): void {
    this.#units.delete(unit);
    if (this.#units.size === 0) this.close();
  }

  close(): void {
    this.#holder?.stdin?.end();
    this.#holder = undefined;
  }

  #hold(): ChildProcess {
    const words = [
      '--what=shutdown',
      '--mode=delay',
      '--who=ensemble-agent',
      '--why=a formula is exchanged',
      'cat',
    ];
    const child = spawn(this.#inhibiting.command, words, { stdio: ['pipe', 'ignore', 'ignore'] });
    child.once('error', (error) => {
      this.#isAbsent = true;
      this.#log.debug('a shutdown is not delayed while formulas are exchanged', { error });
    });
    // It may end while this says so: nothing is written to it.
    child.stdin?.on('error', () => undefined);
    child.once('exit', () => {
      if (this.#holder === child) this.#holder = undefined;
    });
    child.unref();
    return child;
  }
}
