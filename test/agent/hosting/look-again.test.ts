import assert from 'node:assert/strict';
import { lookAgain, type UnitTrouble } from '../../../agent/hosting/look-again.js';
import type { LogFields } from '../../../agent/contract/log.js';
import { ManualClock } from '../../manual-clock.js';

const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

describe('looking again at the units of a machine', () => {
  let clock: ManualClock;
  let told: (LogFields & { readonly message: string })[];
  let looks = 0;
  let isOver = false;
  beforeEach(() => {
    clock = new ManualClock();
    told = [];
    looks = 0;
    isOver = false;
  });

  /** @param take what the look of this number, from 1 on, comes to */
  function looking(take: (count: number) => readonly UnitTrouble[]): () => void {
    const ignored = (): void => undefined;
    const error = (message: string, fields: LogFields = {}): void => void told.push({ message, ...fields });
    return lookAgain(
      async () => {
        looks += 1;
        return take(looks);
      },
      () => isOver,
      { clock, random: () => 1, log: { debug: ignored, info: ignored, warning: ignored, error } },
    );
  }

  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  async function looksAfter(ms: number): Promise<number> {
    clock.advance(ms);
    await settled();
    return looks;
  }

  it('goes on until it works, whatever refused it, with pauses that grow', async () => {
    const look = looking((count) => {
      if (count === 1) throw full;
      return count < 4 ? [{ unit: 'f/0', error: full }] : [];
    });
    look();
    await settled();
    const seen = [looks];
    for (const ms of [499, 1, 999, 1, 1_999, 1, 60_000]) seen.push(await looksAfter(ms));
    assert.deepEqual(seen, [1, 1, 2, 2, 3, 3, 4, 4]);
    assert.deepEqual(
      told.map(({ unit, error }) => [unit, error]),
      [
        [undefined, full],
        ['f/0', full],
        ['f/0', full],
      ],
    );
  });

  it('is done at once for a change, though a unit is in trouble, and begins with short pauses after a success', async () => {
    const look = looking((count) => (count === 3 ? [] : [{ unit: 'f/0', error: full }]));
    look();
    await settled();
    assert.equal(looks, 1);
    look();
    await settled();
    assert.equal(looks, 2, 'without a pause');
    assert.equal(await looksAfter(1_000), 3);
    look();
    await settled();
    assert.equal(looks, 4);
    assert.equal(await looksAfter(500), 5);
  });

  it('ends when it is over', async () => {
    const look = looking(() => [{ unit: 'f/0', error: full }]);
    look();
    await settled();
    isOver = true;
    assert.equal(await looksAfter(60_000), 1);
  });
});
