import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  LOOK_FOR_DIRECTORIES,
  type WatchedUnit,
  watchDirectories,
} from '../../../agent/hosting/watch-directories.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';

describe('directories that are looked for', () => {
  let work: string;
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'ensemble-directories-'));
  });
  afterEach(() => rmSync(work, { recursive: true }));

  it('are told of once, as soon as the unit takes notice, and again when they go once more', async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    let rests = true;
    let asked = 0;
    const unit = (name: string): WatchedUnit => ({
      name,
      directory: { root: join(work, name), data: join(work, name, 'data') },
      misses() {
        asked += 1;
        if (rests) told.push(name);
        return rests;
      },
    });
    for (const name of ['a', 'b', 'c']) mkdirSync(join(work, name, 'data'), { recursive: true });
    let looks = 0;
    const units = [unit('a'), unit('b'), unit('c')];
    const end = watchDirectories(() => {
      looks += 1;
      return units;
    }, clock);
    /** The next look is over when the clock is asked for the one after it. */
    const look = async (): Promise<void> => {
      const before = looks;
      await eventually(() => {
        clock.advance(LOOK_FOR_DIRECTORIES);
        assert.ok(looks > before + 1);
      });
    };
    try {
      await look();
      assert.deepEqual(told, []);
      renameSync(join(work, 'a'), join(work, 'away'));
      rmSync(join(work, 'c', 'data'), { recursive: true });
      rests = false;
      await look();
      assert.deepEqual(told, []);
      assert.ok(asked >= 2, 'a unit that is busy is asked again');
      rests = true;
      await look();
      await look();
      assert.deepEqual(told, ['a', 'c']);
      renameSync(join(work, 'away'), join(work, 'a'));
      await look();
      renameSync(join(work, 'a'), join(work, 'away'));
      await look();
      assert.deepEqual(told, ['a', 'c', 'a']);
    } finally {
      end();
    }
    const before = looks;
    clock.advance(10 * LOOK_FOR_DIRECTORIES);
    assert.equal(looks, before, 'it ends');
  });
});
