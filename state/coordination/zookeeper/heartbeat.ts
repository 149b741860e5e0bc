import type { Clock, Timer } from '../../platform/clock.js';

/** The part of a connection that a heartbeat needs; times are monotonic milliseconds. */
interface Pulse {
  readonly heardAt: number;
  readonly sentAt: number;
  ping(): void;
}

/**
 * Keeps the session alive over a quiet connection and calls `mute` once when the server has not been heard for two
 * thirds of the session's time: a ping after one third of silence, and one third for its answer. What is left is for
 * attaching elsewhere. Returns what stops it.
 */
export function startHeartbeat(clock: Clock, timeout: number, pulse: Pulse, mute: () => void): () => void {
  const third = timeout / 3;
  let timer: Timer | undefined;
  let pingedAt: number | undefined;
  let stopped = false;

  const beat = (): void => {
    if (stopped) return;
    const now = clock.monotonic();
    if (pingedAt !== undefined && pulse.heardAt >= pingedAt) pingedAt = undefined;
    const due = pingedAt ?? Math.min(pulse.heardAt, pulse.sentAt);
    if (now < due + third) {
      timer = clock.after(due + third - now, beat);
      return;
    }
    if (pingedAt === undefined) {
      pulse.ping();
      pingedAt = now;
      timer = clock.after(third, beat);
      return;
    }
    // When this process was held up, the answer may lie in the socket: timers run before sockets are read.
    const asked = pingedAt;
    setImmediate(() => {
      if (pulse.heardAt >= asked) {
        beat();
      } else if (!stopped) {
        mute();
      }
    });
  };
  beat();
  return () => {
    stopped = true;
    timer?.cancel();
  };
}
