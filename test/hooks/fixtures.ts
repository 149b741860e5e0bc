import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hookEnvironment } from '../../hooks/hook-environment.js';
import { findPerl } from '../../state/platform/find-perl.js';
import { adoptHook } from '../../hooks/process/adopt-hook.js';
import { bootId, type HookOutcome, type HookSpec, type RunningHook } from '../../hooks/process/hook-run.js';
import { HookLauncher } from '../../hooks/process/launcher.js';
import { sendSignal } from '../../hooks/process/process-table.js';
import { findProcess } from '../../state/platform/process-stat.js';
import { startHook } from '../../hooks/process/start-hook.js';
import { systemClock } from '../../state/platform/clock.js';
import { eventually } from '../eventually.js';

/** A unit's directories for one test, with the hooks it wants. */
export class UnitFixture {
  readonly directory: string;
  #runs = 0;

  /** @param name what the directory's name begins with; spaces and the like are welcome */
  constructor(name = 'ensemble-hooks-') {
    this.directory = mkdtempSync(join(tmpdir(), name));
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  get log(): string {
    return this.path('log', 'unit.log');
  }

  writeHook(hook: string, script: string, mode = 0o755): string {
    const path = this.path('formula', 'hooks', hook);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, script, { mode });
    return path;
  }

  spec(hook: string, options: Partial<HookSpec> & { id?: string } = {}): HookSpec {
    const id = options.id ?? `run-${process.pid}-${this.#runs++}`;
    const run = options.run ?? { id, unit: 'mysql/0', hook, attempt: 1, boot: bootId() };
    return {
      run,
      formulaDirectory: this.path('formula'),
      runDirectory: this.path('runs', run.id),
      logFile: this.log,
      environment: hookEnvironment({
        unit: run.unit,
        hook,
        attempt: run.attempt,
        clientId: run.id,
        formulaDirectory: this.path('formula'),
        dataDirectory: this.path('data'),
        socket: this.path('s', 'agent.sock'),
        toolDirectory: this.path('tools'),
      }),
      timeLimit: 20_000,
      killDelay: 300,
      ...options,
    };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** All tests of a process share it, as the units of an agent do. */
export const launcher = new HookLauncher(findPerl());

/** Starts a hook that must exist. */
export async function start(spec: HookSpec): Promise<RunningHook> {
  const started = await startHook(spec, launcher, systemClock);
  if (started.kind !== 'running') throw new Error(`expected a running hook, not ${JSON.stringify(started)}`);
  return started.hook;
}

export async function runToEnd(spec: HookSpec): Promise<HookOutcome> {
  const started = await startHook(spec, launcher, systemClock);
  return started.kind === 'running' ? started.hook.outcome : started.outcome;
}

/** Adopts a run and waits for what becomes of it. */
export async function adoptToEnd(spec: HookSpec): Promise<HookOutcome | 'never-started'> {
  const adoption = await adoptHook(spec, systemClock);
  if (adoption.kind === 'never-started') return 'never-started';
  return adoption.kind === 'running' ? adoption.hook.outcome : adoption.outcome;
}

/** Waits until `look` gives something, for at most half a minute. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  return eventually(async () => {
    const found = await look();
    if (found === undefined || found === false) throw new Error(`waited too long for ${what}`);
    return found;
  });
}

export function parentOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) \S+ (\d+) .*$/s, '$1'));
}

export function isAlive(pid: number): boolean {
  return findProcess(pid) !== undefined;
}

/** For what a hook was meant to leave behind. */
export function kill(pid: number): void {
  sendSignal(pid, 'SIGKILL');
}
