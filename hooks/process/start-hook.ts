import { closeSync, mkdirSync } from 'node:fs';
import type { Clock } from '../../state/platform/clock.js';
import { HookCannotStart, VariableTooLong } from '../errors.js';
import { writeCommand } from './command-file.js';
import { findHook } from './find-hook.js';
import { openLog } from './hook-log.js';
import type { HookOutcome, HookSpec, RunningHook } from './hook-run.js';
import type { HookLauncher, Launch } from './launcher.js';
import { findProcess } from '../../state/platform/process-stat.js';
import { type Supervised, supervise } from './supervise.js';
import { watchForEnd } from './watch-for-end.js';

/** The result of `startHook`: a hook that runs, or a formula that has none. */
export type Start =
  | { readonly kind: 'running'; readonly hook: RunningHook }
  | { readonly kind: 'ended'; readonly outcome: HookOutcome };

/**
 * Starts a hook as a process of its own session, which goes on when this process ends. The run must be in the journal
 * by then: `adoptHook` finds out what became of it, whatever happens from here on.
 *
 * @throws HookNotExecutable, FormulaDirectoryMissing; HookCannotStart where the system has no process or disk for it, or
 *   a variable is too long
 */
export async function startHook(spec: HookSpec, launcher: HookLauncher, clock: Clock): Promise<Start> {
  const hook = spec.command ? undefined : await findHook(spec.formulaDirectory, spec.run.hook);
  if (!hook && !spec.command) return { kind: 'ended', outcome: { kind: 'missing' } };
  const { unit, hook: name } = spec.run;
  let isUnlaunched = true;
  try {
    const launching = (): void => {
      isUnlaunched = false;
    };
    return { kind: 'running', hook: await launchHook(spec, hook, launcher, clock, launching) };
  } catch (cause) {
    const directory = spec.runDirectory;
    throw new HookCannotStart({ unit, hook: name, isUnlaunched, directory }, { cause });
  }
}

/** Bytes, with the NUL that ends it: Linux starts no program with a longer variable (MAX_ARG_STRLEN). */
const LONGEST_VARIABLE = 131_072;

/** Before anything is written: one that cannot be executed would claim the run, and end like a hook that fails. */
function requireShort(environment: HookSpec['environment']): void {
  for (const [name, value] of Object.entries(environment)) {
    const bytes = Buffer.byteLength(`${name}=${value}`) + 1;
    if (bytes > LONGEST_VARIABLE) throw new VariableTooLong(name, bytes, LONGEST_VARIABLE);
  }
}

/** @param launching called before anything that a process may come of */
async function launchHook(
  spec: HookSpec,
  hook: string | undefined,
  launcher: HookLauncher,
  clock: Clock,
  launching: () => void,
): Promise<RunningHook> {
  requireShort(spec.environment);
  mkdirSync(spec.runDirectory, { recursive: true, mode: 0o700 });
  const log = openLog(spec.logFile);
  try {
    const startedAt = clock.monotonic();
    const program = hook ?? (await writeCommand(spec.runDirectory, spec.command ?? []));
    const launch: Launch = {
      id: spec.run.id,
      directory: spec.formulaDirectory,
      environment: spec.environment,
      logFile: spec.logFile,
      words: [spec.runDirectory, program, String(log.offset), startedAt.toFixed(3)],
    };
    launching();
    const started = await launched(spec, launch, launcher, clock);
    return supervise(spec, { ...started, startedAt, logOffset: log.offset }, clock);
  } finally {
    closeSync(log.file);
  }
}

async function launched(
  spec: HookSpec,
  launch: Launch,
  launcher: HookLauncher,
  clock: Clock,
): Promise<Pick<Supervised, 'group' | 'ended' | 'release'>> {
  const { pid, ended, isWaitedFor, release: forget } = await launcher.launch(launch);
  let startTime: string | undefined;
  let isOver = false;
  const group = {
    id: pid,
    mark: `ENSEMBLE_CLIENT_ID=${spec.run.id}`,
    // Until the launcher tells of its end it is at least a zombie, so the first look finds the right one.
    leaderLives: () => {
      const found = isOver ? undefined : findProcess(pid);
      startTime ??= found?.startTime;
      return found !== undefined && found.startTime === startTime;
    },
    isWaitedFor,
  };
  // If somebody kills the launcher, the unit must not wait for ever.
  const watch = watchForEnd(spec.runDirectory, group, clock, 'slowly');
  const release = (): void => {
    forget();
    watch.release();
  };
  const told = ended.then((end) => {
    isOver = true;
    watch.release();
    return end;
  });
  return { group, ended: Promise.race([told, watch.ended]), release };
}
