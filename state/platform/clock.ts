/** Time as the code sees it, injected so that windows, back-off and time limits are tested without sleeping. */
export interface Clock {
  /** Milliseconds since the epoch: for what people read, never for measuring. */
  now(): number;
  /** Milliseconds since the machine booted; never jumps, and is the same in every process of the machine. */
  monotonic(): number;
  /** Calls `callback` once after `ms` milliseconds, unless cancelled. A pending timer keeps the process alive. */
  after(ms: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  after(ms, callback) {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      const step = Math.min(left, LONGEST_TIMER);
      timer = setTimeout(() => (step < left ? wait(left - step) : callback()), step);
    };
    wait(ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Milliseconds; Node fires a timer that is to wait longer after one millisecond, so a longer wait is several. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds of `clock`; rejects with the signal's reason when it is aborted first. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abandon = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', abandon);
      resolve();
    });
    signal?.addEventListener('abort', abandon, { once: true });
  });
}
