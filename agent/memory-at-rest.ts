import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, Timer } from '../state/platform/clock.js';

/** Milliseconds between two looks at what the agent has done. V8 makes its nursery smaller after five quiet seconds. */
const INTERVAL = 7_000;

/** Milliseconds of CPU in an interval that an agent at rest stays below. */
const RESTING = 140;

/** The first makes the nursery small, and the others give back what the one before left in pieces. */
const COLLECTIONS = 3;

/** The means of this process against its memory use. */
interface Memory {
  /** Milliseconds of CPU that the process has taken so far. */
  cpu(): number;
  /** Collects all garbage, which stops everything else meanwhile: some 50 ms with 1,000 units. */
  collect(): void;
}

/**
 * Collects the garbage of a burst of work, such as the start of the agent, once the agent rests after it. V8 itself
 * waits for the next burst, and until then holds what the last one needed at its height.
 * @returns what ends it
 */
export function giveBackMemory(clock: Clock, { cpu, collect }: Memory): () => void {
  let timer: Timer;
  let owed = COLLECTIONS;
  let before = cpu();

  function look(): void {
    if (cpu() - before >= RESTING) {
      owed = COLLECTIONS;
    } else if (owed > 0) {
      owed -= 1;
      collect();
    }
    // After the collection, whose own work is no burst.
    before = cpu();
    timer = clock.after(INTERVAL, look);
  }

  timer = clock.after(INTERVAL, look);
  return () => timer.cancel();
}

/** Node offers the collection only to who asks V8 for it by a flag, which new contexts then have. */
export function memoryOfProcess(): Memory {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return {
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    collect: () => collect(),
  };
}
