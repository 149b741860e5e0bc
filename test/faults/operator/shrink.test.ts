import assert from 'node:assert/strict';
import { seeded } from '../../random.js';
import type { Failure } from './play.js';
import { Broken } from './scene.js';
import { shrink } from './shrink.js';
import { drawSteps } from './draw-steps.js';
import type { Step } from './steps.js';

const failing = (rule: string): Failure => ({ broken: new Broken(rule, ''), transcript: [] });

describe('steps that fail', () => {
  const steps = drawSteps(seeded(7), 40, ['m0', 'm1']);

  it('are the same for the same seed, and others for another', () => {
    assert.deepEqual(drawSteps(seeded(7), 40, ['m0', 'm1']), steps);
    assert.notDeepEqual(drawSteps(seeded(8), 40, ['m0', 'm1']), steps);
  });

  it('are shrunk to those that it takes, by the same rule', async () => {
    const [one, two] = [steps[3], steps[31]];
    const playThem = (those: readonly Step[]): Promise<Failure | undefined> => {
      if (those.includes(one as Step) && those.includes(two as Step)) return Promise.resolve(failing('it'));
      return Promise.resolve(those.length === 0 ? undefined : failing('something else'));
    };
    const shrunk = await shrink(playThem, steps, failing('it'), 60_000);
    assert.deepEqual(shrunk.steps, [one, two]);
    assert.ok(shrunk.plays < 60, `${shrunk.plays} plays`);
  });

  it('are left as they are when the time is over', async () => {
    const shrunk = await shrink(() => Promise.resolve(failing('it')), steps, failing('it'), -1);
    assert.deepEqual([shrunk.steps, shrunk.plays], [steps, 0]);
  });
});
