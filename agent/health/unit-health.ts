import type { Timer } from '../../state/platform/clock.js';
import type { UnitHealth as HealthFacts } from '../../state/model/unit-schemas.js';
import { shortened } from '../contract/shortened.js';
import type { FormulaRef, UnitRecord } from '../journal/record.js';
import { untoldWith } from '../journal/untold-history.js';
import type { Uses } from '../machine/parts.js';
import { hasHook } from '../../hooks/process/has-hook.js';

/** The hook by which a formula says if its unit is healthy: 0 healthy, any other end unhealthy. */
export const HEALTH_CHECK = 'health-check';

/** Milliseconds. An unhealthy unit is looked at again within `unhealthy`; one that stays healthy no more after `watched`. */
const PAUSE = { least: 1_000, unhealthy: 60_000, watched: 3_600_000, share: 5 } as const;

/** Characters of the reason that stand in the tree: a status is bounded, as all nodes are. */
const MOST_REASON = 500;

/** A unit that is asked for its health. */
interface HealthUnit extends Uses<'boot' | 'clock' | 'log'> {
  readonly name: string;
  readonly directory: { readonly formula: string };
  /** The `health.interval` of the formula in place, in milliseconds; undefined where it has none, or is not known. */
  healthInterval(): number | undefined;
  record(): UnitRecord;
  isStopped(): boolean;
  now(): string;
  /** Looks again at everything that may ask something of the unit. */
  look(): void;
}

type Verdict = NonNullable<UnitRecord['health']>;

/**
 * When the `health-check` hook of a unit runs, and what it said. It runs as soon as the unit is started, and again and again:
 * often at first, as rollouts wait for it, and more seldom the longer its word stays the same. The verdict is journalled, so
 * that a time of health goes on where an agent follows another.
 */
export class UnitHealth {
  readonly #unit: HealthUnit;
  #timer: Timer | undefined;
  /** By the monotonic clock; this agent has not asked the formula yet where it is undefined. */
  #dueAt: number | undefined;
  #known: { readonly ref: FormulaRef; readonly has: boolean } | undefined;

  constructor(unit: HealthUnit) {
    this.#unit = unit;
  }

  /** True if the hook is to run now. It is looked for again by itself when it will be. */
  due(): boolean {
    this.close();
    const { parts } = this.#unit;
    const { state, upgrade, boot } = this.#unit.record();
    // After a reboot nothing of it runs until `start` has run.
    const rests = state === 'started' && upgrade === null && boot === parts.boot;
    if (this.#unit.isStopped() || !rests || !this.#has()) return false;
    if (this.#verdict() === undefined) return true;
    const wait = (this.#dueAt ?? 0) - parts.clock.monotonic();
    if (wait <= 0) return true;
    if (Number.isFinite(wait)) this.#timer = parts.clock.after(wait, () => this.#unit.look());
    return false;
  }

  /**
   * The hook ended.
   * @param failure why the unit is not healthy; undefined if it is
   * @param took milliseconds
   * @returns what the journal notes of it
   */
  checked(failure: string | undefined, took: number): Partial<UnitRecord> {
    const { parts, name } = this.#unit;
    const record = this.#unit.record();
    const { formula } = record;
    if (formula === null) return {};
    const before = this.#verdict();
    const healthy = failure === undefined;
    const now = this.#unit.now();
    const since = before?.healthy === healthy ? before.since : now;
    if (before?.healthy !== healthy) {
      if (failure !== undefined) parts.log.warning(`unhealthy: ${failure}`, { unit: name });
      else parts.log.info('healthy', { unit: name });
    }
    const lasts = Math.max(0, parts.clock.now() - Date.parse(since));
    this.#dueAt = parts.clock.monotonic() + pauseAfter(healthy, lasts, took, this.#unit.healthInterval());
    const reason = failure === undefined ? {} : { reason: shortened(failure, MOST_REASON) };
    // A formula that was never ill has no news in being well.
    const isNews = before === undefined ? !healthy : before.healthy !== healthy;
    const news = { at: now, what: 'health', outcome: healthy ? 'done' : 'failed' } as const;
    const message = failure ?? 'healthy again';
    return {
      health: { formula: formula.id, healthy, since, ...reason },
      ...(isNews && { news: untoldWith(record, { ...news, message }) }),
    };
  }

  /**
   * What observers are told; undefined for a formula without the hook, and during an upgrade.
   * @param record as they are told of it
   */
  facts(record: UnitRecord): HealthFacts | undefined {
    if (record.formula === null || record.upgrade !== null || !this.#has(record.formula)) return undefined;
    const verdict = record.health?.formula === record.formula.id ? record.health : undefined;
    if (verdict == null) return { state: 'checking', since: record.since };
    const { healthy, since, reason } = verdict;
    return {
      state: healthy ? 'healthy' : 'unhealthy',
      since,
      ...(reason !== undefined && { reason }),
    };
  }

  /** The agent lets go of the unit. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #verdict(): Verdict | undefined {
    const { health, formula } = this.#unit.record();
    return health != null && health.formula === formula?.id ? health : undefined;
  }

  /** Looked for once in each formula: this is asked whenever the unit looks around. */
  #has(ref: FormulaRef | null = this.#unit.record().formula): boolean {
    if (ref === null) return false;
    if (this.#known?.ref !== ref)
      this.#known = { ref, has: hasHook(this.#unit.directory.formula, HEALTH_CHECK) };
    return this.#known.has;
  }
}

/**
 * Milliseconds from the end of a check to the next one; Infinity for none.
 * @param lasts for how long the hook has said the same, in milliseconds, as all others
 * @param took the check
 * @param interval of the formula, for a unit at rest
 */
export function pauseAfter(healthy: boolean, lasts: number, took: number, interval?: number): number {
  const pause = Math.max(PAUSE.least, lasts / PAUSE.share);
  // No more than half of the time: no other hook runs meanwhile.
  if (!healthy) return Math.max(took, Math.min(pause, interval ?? Infinity, PAUSE.unhealthy));
  if (interval !== undefined) return Math.max(took, Math.min(pause, interval));
  return lasts > PAUSE.watched ? Infinity : Math.max(took, pause);
}
