import { bootId } from '../../platform/boot.js';
import type { Clock } from '../../platform/clock.js';
import { Staging } from './staging.js';
import { heldBy, type LeaseRecord, type Tables } from './tables.js';

/**
 * Leases are counted in the machine's uptime, which is the same in all its processes and does not jump as the wall
 * clock does; it starts anew with each boot, so the boot's id goes with it.
 */
interface Instant {
  readonly boot: string;
  /** In milliseconds. */
  readonly uptime: number;
}

export function instant(clock: Clock): Instant {
  return { boot: bootId(), uptime: clock.monotonic() };
}

/** A lease that ends `timeout` milliseconds from now. */
export function leaseFrom(now: Instant, timeout: number): LeaseRecord {
  return [now.boot, now.uptime + timeout, timeout];
}

/**
 * A lease of another boot is over: its process is gone. So is one that ends later than its own length allows, which
 * tells another boot where the system has no id for it.
 */
export function isOver(lease: LeaseRecord, now: Instant): boolean {
  const [boot, expires, timeout] = lease;
  return boot !== now.boot || expires <= now.uptime || expires > now.uptime + timeout;
}

/** The sessions whose time has run out. */
export function overdue({ leases }: Tables, now: Instant): string[] {
  const sessions: string[] = [];
  for (const { key, value } of leases.getRange({})) {
    if (isOver(value, now)) sessions.push(key);
  }
  return sessions;
}

/** When the first lease ends that is not over yet, but for some sessions', in monotonic milliseconds. */
export function firstEnd({ leases }: Tables, except: ReadonlySet<string | undefined>): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { key, value } of leases.getRange({})) if (!except.has(key)) first = Math.min(first, value[1]);
  return first;
}

/** Removes sessions and their ephemerals; only inside a write transaction. Returns whether a node vanished. */
export function endSessions(tables: Tables, sessions: readonly string[]): boolean {
  const staging = new Staging(tables);
  for (const session of sessions) {
    for (const path of heldBy(tables, session)) staging.stage({ kind: 'remove', path }, session);
    void tables.leases.remove(session);
  }
  return staging.write();
}
