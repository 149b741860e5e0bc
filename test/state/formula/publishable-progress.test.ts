import assert from 'node:assert/strict';
import type { LocalCandidate } from '../../../state/formula/candidate.js';
import { type Preparing, publishable } from '../../../state/formula/publishable.js';
import { openRepository } from '../../../state/formula/repositories/open.js';
import { systemClock } from '../../../state/platform/clock.js';
import { formulaTree, Workshop } from './workshop.js';

describe('a formula that is made ready', function () {
  this.timeout(120_000);
  const workshop = new Workshop();

  const events = async (size: number, step: number): Promise<readonly Preparing[]> => {
    await workshop.tree('principia/mysql', formulaTree('mysql', 1, { large: Buffer.alloc(size, 'x') }));
    const candidate = (await openRepository(workshop.path('principia'))).latest('mysql') as LocalCandidate;
    let now = 0;
    // Each look at this clock is so many milliseconds later.
    const clock = { ...systemClock, monotonic: () => (now += step), after: systemClock.after };
    const told: Preparing[] = [];
    await publishable(candidate, workshop.path('work'), (event) => told.push(event), undefined, clock);
    return told;
  };

  it('says how far it is where it is large, now and then', async () => {
    const told = await events(20_000_000, 2_500);
    assert.deepEqual([told[0]?.what, told[0]?.formula, told[0]?.done], ['packing', 'mysql-1', 0]);
    assert.ok(told.length > 2, `${told.length} events`);
    for (const [index, { done, total }] of told.entries()) {
      assert.ok(total > 20_000_000 && done <= total);
      assert.ok(index === 0 || done > (told[index - 1]?.done ?? 0), 'it goes forward');
    }
  });

  it('says it once where it is fast, and nothing where it is small', async () => {
    assert.equal((await events(20_000_000, 1)).length, 1);
    assert.deepEqual(await events(1_000_000, 10_000), []);
  });
});
