import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync } from 'node:fs';
import type { Clock } from '../../state/platform/clock.js';
import { HookCannotStart } from '../errors.js';
import { writeCommand } from './command-file.js';
import { findHook } from './find-hook.js';
import { openLog } from './hook-log.js';
import type { HookOutcome, HookSpec, RunningHook } from './hook-run.js';
import { type Launch, Launcher } from './launcher.js';
import type { HookEnd } from './outcome.js';
import { findProcess } from '../../state/platform/process-stat.js';
import { readStatus } from './run-directory.js';
import { type Supervised, supervise } from './supervise.js';
import { watchForEnd } from './watch-for-end.js';
import { notClaimed, wrapper } from './wrapper.js';

/** What `startHook` came to: a hook that runs, or a formula that has none. */
export type Start =
  | { readonly kind: 'running'; readonly hook: RunningHook }
  | { readonly kind: 'ended'; readonly outcome: HookOutcome };

/**
 * Starts a hook as a process of its own session, which goes on when this process ends. The run must be in the journal
 * by then: `adoptHook` finds out what became of it, whatever happens from here on.
 *
 * @throws HookNotExecutable, FormulaDirectoryMissing; HookCannotStart where the system has no process or disk for it
 */
export async function startHook(spec: HookSpec, clock: Clock): Promise<Start> {
  const hook = spec.command ? undefined : await findHook(spec.formulaDirectory, spec.run.hook);
  if (!hook && !spec.command) return { kind: 'ended', outcome: { kind: 'missing' } };
  try {
    return { kind: 'running', hook: await spawnHook(spec, hook, clock) };
  } catch (cause) {
    throw new HookCannotStart(spec.run.unit, spec.run.hook, { cause });
  }
}

async function spawnHook(spec: HookSpec, hook: string | undefined, clock: Clock): Promise<RunningHook> {
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
    const launcher = Launcher.takes(launch) ? launcherOfThisProcess() : undefined;
    const started =
      launcher === undefined
        ? await fork(spec, launch, log.file)
        : await launchBy(launcher, spec, launch, clock);
    return supervise(spec, { ...started, startedAt, logOffset: log.offset }, clock);
  } finally {
    closeSync(log.file);
  }
}

type Started = Pick<Supervised, 'group' | 'ended' | 'release'>;

let launcher: Launcher | undefined;

function launcherOfThisProcess(): Launcher | undefined {
  if (launcher === undefined || launcher.isOver) launcher = Launcher.open();
  return launcher;
}

async function launchBy(by: Launcher, spec: HookSpec, launch: Launch, clock: Clock): Promise<Started> {
  const { pid, ended } = await by.launch(launch);
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
    isWaitedFor: () => !by.isOver,
  };
  // Whoever kills the launcher must not keep the unit waiting for ever.
  const watch = watchForEnd(spec.runDirectory, group, clock, 'slowly');
  const release = (): void => {
    by.forget(launch.id);
    watch.release();
  };
  const told = ended.then((end) => {
    isOver = true;
    watch.release();
    return end;
  });
  return { group, ended: Promise.race([told, watch.ended]), release };
}

async function fork(
  spec: HookSpec,
  { directory, environment, words }: Launch,
  output: number,
): Promise<Started> {
  const child = spawn('/bin/sh', ['-c', wrapper, 'hook', ...words], {
    cwd: directory,
    env: environment,
    detached: true,
    // A file and no pipe: a background process that keeps it open keeps nobody waiting.
    stdio: ['ignore', output, output],
  });
  const ended = childEnd(child, spec.runDirectory);
  // Rejects with the reason where there is no process.
  if (child.pid === undefined) await once(child, 'spawn');
  // Until its exit was seen it is at least a zombie of ours, so its number is its own.
  const lives = (): boolean => child.exitCode === null && child.signalCode === null;
  const mark = `ENSEMBLE_CLIENT_ID=${spec.run.id}`;
  const group = { id: child.pid ?? 0, mark, leaderLives: lives, isWaitedFor: lives };
  return { group, ended, release: () => child.unref() };
}

function childEnd(child: ChildProcess, runDirectory: string): Promise<HookEnd> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      if (code === null) resolve(signal ? { lost: true, signal } : { lost: true });
      else if (code !== notClaimed) resolve({ status: code });
      else resolve(readRefusal(runDirectory));
    });
  });
}

async function readRefusal(runDirectory: string): Promise<HookEnd> {
  const status = await readStatus(runDirectory).catch(() => undefined);
  return status === undefined ? { refused: true } : { status };
}
