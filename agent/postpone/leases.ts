import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProcess, type ProcessStat } from '../../state/platform/process-stat.js';
import * as z from '../../state/platform/zod.js';

/** The files that `busy-begin` and `busy-run` write, one for each lease: `units/<unit>/busy/<name>.<pid>`. */
const leaseSchema = z.looseObject({
  name: z.string(),
  /** Whose lease it is: it ends with that process. */
  pid: z.int(),
  /** Clock ticks since boot, as /proc/<pid>/stat has it: with the pid it names a process for good. */
  startTime: z.string(),
  boot: z.string(),
  /** Seconds since 1970. */
  since: z.number(),
  /** When it ends at the latest. */
  until: z.optional(z.number()),
  reason: z.optional(z.string()),
});

/** Something that a unit is at, in which no upgrade may interrupt it. */
export type Lease = z.infer<typeof leaseSchema>;

/** When, and on which machine, leases are looked at. */
interface LeaseMoment {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The machine's boot. */
  readonly boot: string;
  readonly find: (pid: number) => Pick<ProcessStat, 'startTime'> | undefined;
}

/** Where a unit's leases are; made by the first of them. */
export function busyDirectory(root: string): string {
  return join(root, 'busy');
}

/** True if a lease stands: its process lives, this boot is its own, and its time is not over. */
export function isLive({ pid, startTime, boot, until }: Lease, moment: LeaseMoment): boolean {
  if (boot !== moment.boot) return false;
  if (until !== undefined && until * 1_000 <= moment.now) return false;
  return moment.find(pid)?.startTime === startTime;
}

/**
 * The leases of a unit that stand, in their names' order. A file that is none says nothing: whoever writes one writes it
 * aside and renames it.
 * @param root the unit's directory
 */
export function liveLeases(
  root: string,
  { now, boot, find = findProcess }: Omit<LeaseMoment, 'find'> & Partial<LeaseMoment>,
): readonly Lease[] {
  const directory = busyDirectory(root);
  return namesIn(directory)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .flatMap((name) => readLease(join(directory, name)) ?? [])
    .filter((lease) => isLive(lease, { now, boot, find }));
}

/** Most units never had a lease: to ask costs a tenth of an error. It is asked whenever an upgrade is looked at. */
function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** It may end between any two looks. */
function readLease(path: string): Lease | undefined {
  try {
    const found = leaseSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return found.success ? found.data : undefined;
  } catch {
    return undefined;
  }
}
