import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { giveBackMemory, memoryOfProcess } from '../../agent/memory-at-rest.js';
import { ManualClock } from '../manual-clock.js';

const INTERVAL = 7_000;

describe('the memory of an agent at rest', () => {
  let clock: ManualClock;
  let cpu: number;
  let collections: number;
  let end: () => void;
  beforeEach(() => {
    clock = new ManualClock();
    cpu = 0;
    collections = 0;
    const collect = (): void => {
      collections += 1;
      // It is work too, but none that leaves garbage.
      cpu += 1_000;
    };
    end = giveBackMemory(clock, { cpu: () => cpu, collect });
  });

  it('is given back after each burst of work, a few times and no more', () => {
    for (const burst of [1, 2]) {
      cpu += 5_000;
      clock.advance(INTERVAL);
      clock.advance(10 * INTERVAL);
      assert.equal(collections, 3 * burst);
    }
  });

  it('is left alone while the agent works, and once it ended', () => {
    for (let time = 0; time < 10; time += 1) {
      cpu += 500;
      clock.advance(INTERVAL);
    }
    end();
    clock.advance(10 * INTERVAL);
    assert.equal(collections, 0);
  });

  it('is what garbage took of it', async () => {
    const { collect } = memoryOfProcess();
    const gone = new WeakRef(Array.from({ length: 100_000 }, (_, at) => ({ at })));
    await turn();
    collect();
    assert.equal(gone.deref(), undefined);
  });
});
