import type { Failure } from './play.js';
import type { Step } from './steps.js';

/** The fewest steps that were found to fail in the same way. */
export interface Shrunk {
  readonly steps: readonly Step[];
  readonly failure: Failure;
  readonly plays: number;
}

/**
 * Leaves out steps as long as what is left fails by the same rule: halves at first, then quarters, down to single ones.
 * What fails depends on which process is faster, so that leaving out too much may also look like a step that matters:
 * the outcome is short, not shortest.
 * @param within milliseconds for all of it; a play that began is played to its end
 */
export async function shrink(
  playThem: (steps: readonly Step[]) => Promise<Failure | undefined>,
  steps: readonly Step[],
  failure: Failure,
  within: number,
): Promise<Shrunk> {
  const end = performance.now() + within;
  let best: Shrunk = { steps, failure, plays: 0 };
  let plays = 0;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // From behind: what comes last matters least often.
    for (let start = best.steps.length - size; start > -size; start -= size) {
      if (performance.now() > end) return { ...best, plays };
      const from = Math.max(0, start);
      const fewer = [...best.steps.slice(0, from), ...best.steps.slice(start + size)];
      plays += 1;
      const found = await playThem(fewer);
      if (found?.broken.rule === best.failure.broken.rule) best = { steps: fewer, failure: found, plays };
    }
  }
  return { ...best, plays };
}
