import assert from 'node:assert/strict';
import { seeded } from '../../random.js';
import { type Failure, play, type Stage } from './play.js';
import { shrink } from './shrink.js';
import { drawSteps } from './draw-steps.js';
import type { Step } from './steps.js';

/** How long shrinking may take, in milliseconds. */
const SHRINK_WITHIN = Number(process.env.SHRINK_SECONDS ?? 300) * 1_000;

/** Steps of one play, when none are given. */
export const STEPS = 30;

/** The steps that a seed stands for. */
export function stepsOf(seed: number, stage: Stage, count = STEPS): readonly Step[] {
  return drawSteps(seeded(seed), count, stage.machines);
}

/** Plays what a seed stands for. @throws what must not be, with the fewest steps found that lead there */
export async function playSeed(stage: Stage, name: string, seed: number, count = STEPS): Promise<void> {
  const steps = process.env.STEPS === undefined ? stepsOf(seed, stage, count) : JSON.parse(process.env.STEPS);
  const failure = await play(stage, steps);
  if (failure === undefined) return;
  const shrunk = await shrink((fewer) => play(stage, fewer), steps, failure, SHRINK_WITHIN);
  assert.fail(inWords(name, seed, steps.length, shrunk.steps, shrunk.failure, shrunk.plays));
}

function inWords(
  name: string,
  seed: number,
  count: number,
  steps: readonly Step[],
  { broken, transcript }: Failure,
  plays: number,
): string {
  return [
    `${name}, SEED=${seed}: ${broken.message}`,
    `of ${count} steps, these ${steps.length} were left after ${plays} more plays; once more with:`,
    `STEPS='${JSON.stringify(steps)}'`,
    'what was done and said:',
    ...transcript,
  ].join('\n');
}

/** Plays one seed after the other until the time is over. @returns how many */
export async function playFor(
  stage: Stage,
  name: string,
  first: number,
  milliseconds: number,
): Promise<number> {
  const end = performance.now() + milliseconds;
  let plays = 0;
  for (; plays === 0 || performance.now() < end; plays += 1) await playSeed(stage, name, first + plays);
  return plays;
}
