import type { Clock } from '../../state/platform/clock.js';
import { HookCannotAdopt } from '../errors.js';
import { bootId, type HookOutcome, type HookSpec, type RunningHook } from './hook-run.js';
import { type HookEnd, outcomeOf } from './outcome.js';
import { killRemains, type ProcessGroup } from './process-group.js';
import { findProcess, type ProcessStat } from '../../state/platform/process-stat.js';
import { abortedBy, claimRun, type RunRecord, readRecord, readStatus, wasTimedOut } from './run-directory.js';
import { supervise } from './supervise.js';
import { watchForEnd } from './watch-for-end.js';

/** The state of a run that is in the agent's journal. */
export type Adoption =
  | { readonly kind: 'running'; readonly hook: RunningHook }
  /** `logOffset` as in RunningHook; absent where the record of the run is lost. */
  | { readonly kind: 'ended'; readonly outcome: HookOutcome; readonly logOffset?: number }
  /** It never ran and never will: start it anew under a new id, with the same attempt. */
  | { readonly kind: 'never-started' };

/**
 * Takes over a run that an agent before this one journalled and perhaps started. However many processes try, and
 * however late the run's own process gets the processor: the hook ran at most once under this id.
 *
 * @param boot the machine's current boot: a process of another one is gone, whoever has its number now
 * @throws HookCannotAdopt where the run's directory cannot be read or claimed, e.g. on a full disk; try again
 */
export async function adoptHook(spec: HookSpec, clock: Clock, boot = bootId()): Promise<Adoption> {
  try {
    return await adopt(spec, clock, boot);
  } catch (cause) {
    const { run, runDirectory: directory } = spec;
    throw new HookCannotAdopt({ unit: run.unit, hook: run.hook, directory }, { cause });
  }
}

async function adopt(spec: HookSpec, clock: Clock, boot: string): Promise<Adoption> {
  const status = await readStatus(spec.runDirectory);
  const record = await readRecord(spec.runDirectory);
  if (status !== undefined) return over(spec, { status }, record);
  // Nothing of an earlier boot still runs; and a missing claim on the disk does not prove that none was made.
  if (spec.run.boot !== boot) return over(spec, { lost: true }, record);
  if (await claimRun(spec.runDirectory)) return { kind: 'never-started' };
  return takeOver(spec, clock, await readRecord(spec.runDirectory));
}

async function takeOver(spec: HookSpec, clock: Clock, record: RunRecord | undefined): Promise<Adoption> {
  if (!record) return over(spec, { lost: true }, record);
  const group: ProcessGroup = {
    id: record.leader.pid,
    mark: `ENSEMBLE_CLIENT_ID=${spec.run.id}`,
    leaderLives: () => lives(record.leader),
    isWaitedFor: () => lives(record.waiter),
  };
  if (!group.leaderLives() && !group.isWaitedFor()) {
    const status = await readStatus(spec.runDirectory);
    if (status === undefined) killRemains(group);
    return over(spec, status === undefined ? { lost: true } : { status }, record);
  }
  const watch = watchForEnd(spec.runDirectory, group, clock);
  const { startedAt, logOffset } = record;
  return { kind: 'running', hook: supervise(spec, { group, startedAt, logOffset, ...watch }, clock) };
}

function lives({ pid, startTime }: ProcessStat): boolean {
  return findProcess(pid)?.startTime === startTime;
}

function over(spec: HookSpec, end: HookEnd, record: RunRecord | undefined): Adoption {
  const by = abortedBy(spec.runDirectory);
  const outcome: HookOutcome =
    by !== undefined
      ? { kind: 'aborted', by }
      : wasTimedOut(spec.runDirectory)
        ? { kind: 'timed-out', afterMs: spec.timeLimit }
        : outcomeOf(end);
  return { kind: 'ended', outcome, ...(record ? { logOffset: record.logOffset } : {}) };
}
