import fc from 'fast-check';
import { play, schedules } from './rollout-events.js';

/** Schedules that are played: more of them with `npm run test:simulation`, from a seed of their own each time. */
const runs = Number(process.env.ENSEMBLE_SIMULATIONS ?? 500);
const seed = process.env.ENSEMBLE_SEED === undefined ? 22 : Number(process.env.ENSEMBLE_SEED);

describe('a rollout, whatever happens', () => {
  it(`keeps its promises in ${runs} schedules from seed ${seed}`, () => {
    // What fails is shrunk, and printed with its seed and path.
    fc.assert(
      fc.property(schedules, (schedule) => play(schedule)),
      { numRuns: runs, seed, verbose: 1 },
    );
  });
});
