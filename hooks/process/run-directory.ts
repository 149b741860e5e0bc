import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProcessStat, parseStat } from '../../state/platform/process-stat.js';

/**
 * The directory of one run, which outlives the agent. Its files: `process` (who runs the hook, since when, and who
 * waits for it), `claim` (empty: the hook's; otherwise an adopter's), `timed-out` (empty: the limit was reached), `aborted` (who
 * had it ended), `status`.
 */

/** A hook's process wrote this about itself before it claimed the run. */
export interface RunRecord {
  /** Leads the process group: the hook, or the shell that an older release had around it. */
  readonly leader: ProcessStat;
  /** Writes the status down when the hook has ended: the launcher, or that shell. */
  readonly waiter: ProcessStat;
  readonly logOffset: number;
  readonly startedAt: number;
}

/**
 * Claims the run for somebody who will not run the hook. True: the hook has not run and never will, by this claim or
 * by an earlier one like it. False: the hook's process has claimed it, so its record is complete.
 */
export async function claimRun(runDirectory: string): Promise<boolean> {
  await mkdir(runDirectory, { recursive: true, mode: 0o700 });
  const claim = join(runDirectory, 'claim');
  const mine = `${claim}.${randomUUID()}`;
  await writeFile(mine, 'never started\n');
  try {
    // A link comes into being with its content, so this claim and the hook's empty one are never confused.
    await link(mine, claim);
    return true;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    return readIfThere(claim) !== '';
  } finally {
    await rm(mine, { force: true });
  }
}

/** The hook's exit status as the shell has it (128 + n for signal n); nothing until its line is complete. */
export async function readStatus(runDirectory: string): Promise<number | undefined> {
  const match = /^(\d+)\n$/.exec(readIfThere(join(runDirectory, 'status')));
  return match ? Number(match[1]) : undefined;
}

/** Who claimed the run; nothing where nobody did or a crash of the machine left half of it. */
export async function readRecord(runDirectory: string): Promise<RunRecord | undefined> {
  const [line, numbers, waiter] = readIfThere(join(runDirectory, 'process')).split('\n');
  const match = /^(\d+) ([\d.]+)$/.exec(numbers ?? '');
  const leader = parseStat(line ?? '');
  if (!leader || !match) return undefined;
  return {
    leader,
    waiter: parseStat(waiter ?? '') ?? leader,
    logOffset: Number(match[1]),
    startedAt: Number(match[2]),
  };
}

/** Notes that the time limit was reached, before any signal is sent, for the agent that comes after this one. */
export function markTimedOut(runDirectory: string): Promise<void> {
  return writeFile(join(runDirectory, 'timed-out'), '');
}

/** Notes who had the run ended, for the agent that comes after this one. */
export function markAborted(runDirectory: string, by: string): Promise<void> {
  return writeFile(join(runDirectory, 'aborted'), by);
}

/** Who had the run ended; undefined where nobody did. */
export function abortedBy(runDirectory: string): string | undefined {
  return readIfThere(join(runDirectory, 'aborted')) || undefined;
}

/** True if any agent found the time limit reached. */
export function wasTimedOut(runDirectory: string): boolean {
  return existsSync(join(runDirectory, 'timed-out'));
}

/**
 * Takes what is left of a run out of its place; for when its outcome is in the journal. It is gone in one step: a
 * process that comes late would claim the run if its directory stood without the claim for a moment.
 * @returns the paths to be removed: one, or none where the run left nothing
 */
export function putAsideRun(runDirectory: string): readonly string[] {
  const aside = `${runDirectory}.removed`;
  try {
    renameSync(runDirectory, aside);
    return [aside];
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Puts a run aside, and removes it. */
export async function removeRun(runDirectory: string): Promise<void> {
  for (const aside of putAsideRun(runDirectory)) await rm(aside, { recursive: true, force: true });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return '';
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
