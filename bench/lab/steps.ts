import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A point an agent passed, and when, in milliseconds of this process' clock. */
export interface Passed {
  readonly point: string;
  readonly at: number;
}

/**
 * Tells when an agent passes the points around its steps (`agent/contract/fault-points.ts`), as they come: the file in which it
 * notes them is a pipe here. Each note costs the agent some ten microseconds.
 */
export class Steps {
  readonly #passed: Passed[] = [];
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<Steps> {
    await mkdir(directory, { recursive: true });
    const pipe = join(directory, 'passed');
    execFileSync('mkfifo', [pipe]);
    const steps = new Steps(directory);
    // For writing too: so it opens before there is an agent, and does not end with the first note. As a socket, since a
    // file's reading would occupy a thread that keeps this process from ending.
    const input = new Socket({ fd: openSync(pipe, 'r+'), readable: true, writable: false });
    const lines = createInterface({ input });
    input.unref();
    lines.on('line', (point) => steps.#passed.push({ point, at: performance.now() }));
    return steps;
  }

  /** For the agent that is to be looked at. */
  get variables(): NodeJS.ProcessEnv {
    return { ENSEMBLE_FAULTS: '', ENSEMBLE_ALLOW_FAULTS: this.#directory };
  }

  /** The steps that were passed since the last time. */
  take(): readonly Passed[] {
    return this.#passed.splice(0);
  }
}

/**
 * Milliseconds from the first time `from` was passed to the last time `to` was.
 * @throws Error where one was not
 */
export function between(passed: readonly Passed[], from: string, to: string): number {
  const first = passed.find(({ point }) => point === from);
  const last = passed.findLast(({ point }) => point === to);
  if (first === undefined || last === undefined)
    throw new Error(`not passed: ${from} to ${to}; passed: ${passed.map(({ point }) => point).join(' ')}`);
  return last.at - first.at;
}
