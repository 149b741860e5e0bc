import type { Clock, Timer } from '../../state/platform/clock.js';
import type { HookOutcome, HookSpec, RunningHook } from './hook-run.js';
import { type HookEnd, outcomeOf } from './outcome.js';
import { endGroup, killRemains, type ProcessGroup } from './process-group.js';
import { abortedBy, markAborted, markTimedOut, wasTimedOut } from './run-directory.js';

/** A run under way, as the process that started it and one that adopted it both can show it. */
export interface Supervised {
  readonly group: ProcessGroup;
  readonly startedAt: number;
  readonly logOffset: number;
  /** Settles when the hook's status is written, or nobody is left who could. */
  readonly ended: Promise<HookEnd>;
  /** Stops watching for the end, so that this process may exit. */
  release(): void;
}

/** Holds a run to its time limit and turns its end into an outcome. */
export function supervise(spec: HookSpec, run: Supervised, clock: Clock): RunningHook {
  let over = false;
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => {
    ending ??= endGroup(run.group, spec.killDelay, clock);
    return ending;
  };
  const timeOut = async (): Promise<void> => {
    // Written first: were this process killed after the signal, the next would take the end for the hook's own.
    // A full disk must not keep the hook alive.
    await markTimedOut(spec.runDirectory).catch(() => undefined);
    await end();
  };
  let aborting: Promise<void> | undefined;
  let aborter: string | undefined;
  const abort = async (by: string): Promise<void> => {
    aborter = by;
    await markAborted(spec.runDirectory, by).catch(() => undefined);
    await end();
  };
  let timedOut: Promise<void> | undefined;
  const timer: Timer = clock.after(Math.max(0, run.startedAt + spec.timeLimit - clock.monotonic()), () => {
    timedOut = timeOut();
  });
  const outcome = run.ended.then(async (ended): Promise<HookOutcome> => {
    over = true;
    timer.cancel();
    if ('lost' in ended) killRemains(run.group);
    await (timedOut ?? aborting ?? ending);
    const by = aborter ?? abortedBy(spec.runDirectory);
    if (by !== undefined) return { kind: 'aborted', by };
    const late = timedOut !== undefined || wasTimedOut(spec.runDirectory);
    return late ? { kind: 'timed-out', afterMs: spec.timeLimit } : outcomeOf(ended);
  });
  return {
    pid: run.group.id,
    startedAt: run.startedAt,
    logOffset: run.logOffset,
    outcome,
    stop: async () => {
      // A process that an ended hook left running is its service, and is not stopped with it.
      if (!over) await end();
      return outcome;
    },
    abort: async (by) => {
      if (!over) aborting ??= abort(by);
      await aborting;
    },
    release: () => {
      timer.cancel();
      run.release();
    },
  };
}
