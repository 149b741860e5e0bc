import type { Clock, Timer } from '../state/platform/clock.js';
import { eventuallyTrue } from './eventually.js';

interface Pending {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. Both of its times move together, unless one is set apart. */
export class ManualClock implements Clock {
  #pending = new Set<Pending>();
  #uptime: number;
  #epoch: number;

  /** @param uptime what `monotonic()` begins with; @param epoch what `now()` does; both in milliseconds */
  constructor(uptime = 1_000_000, epoch = Date.UTC(2026, 0, 1)) {
    this.#uptime = uptime;
    this.#epoch = epoch;
  }

  now(): number {
    return this.#epoch;
  }

  monotonic(): number {
    return this.#uptime;
  }

  after(ms: number, callback: () => void): Timer {
    const timer: Pending = { due: this.#uptime + ms, callback };
    this.#pending.add(timer);
    return { cancel: () => this.#pending.delete(timer) };
  }

  /**
   * Resolves once something waits that falls due within `ms`. A test that moves the clock right after the state changed
   * comes before what is set up only after that change, which then never falls due.
   */
  async untilDue(ms: number): Promise<void> {
    await eventuallyTrue(`something waits for at most ${ms} ms`, () =>
      [...this.#pending].some(({ due }) => due <= this.#uptime + ms),
    );
  }

  /**
   * Moves the clock by `ms` again and again until `end` is settled: what is to fall due may be set up by something that
   * takes a while, such as another process. Rejects as `end` does.
   */
  async advanceUntil<T>(end: Promise<T>, ms: number): Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    end.then(settle, settle);
    await eventuallyTrue('it ends in its time', () => {
      if (!isSettled) this.advance(ms);
      return isSettled;
    });
    return end;
  }

  /** Moves both times on, and calls what falls due meanwhile in its order, also what those calls set up. */
  advance(ms: number): void {
    const end = this.#uptime + ms;
    for (;;) {
      const next = [...this.#pending].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#pending.delete(next);
      this.#moveTo(Math.max(next.due, this.#uptime));
      next.callback();
    }
    this.#moveTo(end);
  }

  /** Sets the wall clock, as an operator or NTP does; nothing falls due by it. */
  setWallClock(epoch: number): void {
    this.#epoch = epoch;
  }

  #moveTo(uptime: number): void {
    this.#epoch += uptime - this.#uptime;
    this.#uptime = uptime;
  }
}
