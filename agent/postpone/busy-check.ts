import type { Clock } from '../../state/platform/clock.js';

/** The hook by which a formula says if its unit is busy: 75 busy, 0 idle. */
export const BUSY_CHECK = 'busy-check';

/** The exit status by which it says so: EX_TEMPFAIL of sysexits.h, “try again later”. */
export const EXIT_BUSY = 75;

/** Failures in a row after which the hook is taken to say nothing, and the unit to be idle. */
export const MOST_FAILURES = 3;

/** Milliseconds from the end of a check to the next one, where nothing happens; longer after one that takes long. */
const PAUSE = { least: 1_000, most: 60_000, timesItsOwn: 10 } as const;

/** Milliseconds from the end of a check to the next one right after something that may have ended the work. */
const PAUSE_AFTER_EVENT = 250;

/** The end of one run of the hook. */
export type CheckAnswer =
  | { readonly kind: 'idle' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed'; readonly failure: string };

/** What the hook says, as far as an upgrade is concerned; `since` in milliseconds since 1970. */
export type CheckStanding =
  | { readonly kind: 'busy'; readonly since: number }
  /** Too few failures in a row to say anything. */
  | { readonly kind: 'unsure'; readonly since: number; readonly failure: string; readonly failures: number }
  | { readonly kind: 'given-up'; readonly failure: string };

/**
 * What the `busy-check` hook of a unit said last, and when it is to be asked next. It is asked only while nothing else keeps
 * an upgrade waiting: once a second, more seldom where it takes long, and anew right after an event that may have ended the
 * work. Nothing of it is kept over a restart: the next agent asks anew.
 */
export class BusyCheck {
  readonly #clock: Clock;
  #standing: CheckStanding | undefined;
  /** By the monotonic clock; undefined where it was never asked. */
  #endedAt: number | undefined;
  #pause = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param took milliseconds */
  answered(answer: CheckAnswer, took: number): void {
    this.#endedAt = this.#clock.monotonic();
    this.#pause = Math.min(PAUSE.most, Math.max(PAUSE.least, took * PAUSE.timesItsOwn));
    this.#standing = standingAfter(this.#standing, answer, this.#clock.now());
  }

  /** Undefined where it says idle, or nothing yet. */
  standing(): CheckStanding | undefined {
    return this.#standing;
  }

  /** True once it was asked, and does not say busy. */
  isAnswered(): boolean {
    return (
      this.#endedAt !== undefined && (this.#standing === undefined || this.#standing.kind === 'given-up')
    );
  }

  /** When it is to be asked next, by the monotonic clock. */
  dueAt(): number {
    return this.#endedAt === undefined ? 0 : this.#endedAt + this.#pause;
  }

  /** A hook of the unit or a lease ended: it may be idle. */
  somethingEnded(): void {
    this.#pause = Math.min(this.#pause, PAUSE_AFTER_EVENT);
  }

  /** Another upgrade, or none: what the hook said before says nothing. */
  forget(): void {
    this.#standing = undefined;
    this.#endedAt = undefined;
  }
}

function standingAfter(
  before: CheckStanding | undefined,
  answer: CheckAnswer,
  now: number,
): CheckStanding | undefined {
  if (answer.kind === 'idle') return undefined;
  const since = before === undefined || before.kind === 'given-up' ? now : before.since;
  if (answer.kind === 'busy') return { kind: 'busy', since };
  const { failure } = answer;
  if (before?.kind === 'given-up') return { kind: 'given-up', failure };
  const failures = 1 + (before?.kind === 'unsure' ? before.failures : 0);
  return failures >= MOST_FAILURES
    ? { kind: 'given-up', failure }
    : { kind: 'unsure', since, failure, failures };
}
