import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HelperSilent } from '../../../state/storage/helper.js';
import { Helpers } from '../../../state/storage/helpers.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';
import { helpersOf } from '../../servers/hung-directory.js';

describe('the helpers of a storage', () => {
  let work: string;
  let before: readonly number[];
  const running = (): readonly number[] => helpersOf(process.pid).filter((pid) => !before.includes(pid));
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'ensemble-helpers-'));
    before = helpersOf(process.pid);
  });
  afterEach(() => rm(work, { recursive: true }));

  it('have one that is ready before anything is asked, however long that was, and another where it hangs', async () => {
    const clock = new ManualClock();
    const helpers = new Helpers(clock, 30_000, true);
    try {
      assert.deepEqual(running(), [], 'not while its owner starts');
      clock.advance(1_000);
      const [ready = 0] = await eventually(() => {
        assert.equal(running().length, 1);
        return running();
      });
      clock.advance(3_600_000);
      await helpers.answer(['size', work]).catch(() => undefined);
      assert.deepEqual(running(), [ready], 'the same works');

      process.kill(ready, 'SIGSTOP');
      const asked = assert.rejects(helpers.answer(['size', join(work, 'x')]), HelperSilent);
      await clock.advanceUntil(asked, 30_000);
      assert.equal(await helpers.answer(['size', join(work, 'x')]), null, 'another works');
      await eventually(() => assert.equal(running().length, 1));
      const [next] = running();
      assert.notEqual(next, ready);
      clock.advance(3_600_000);
      await helpers.answer(['size', join(work, 'x')]);
      assert.deepEqual(running(), [next], 'which is the one that is ready from now on');
    } finally {
      helpers.close();
    }
    await eventually(() => assert.deepEqual(running(), []));
  });

  it('are none before one is asked, where nobody stays, and are replaced after a minute', async () => {
    const clock = new ManualClock();
    const helpers = new Helpers(clock, 30_000);
    try {
      clock.advance(10_000);
      assert.deepEqual(running(), []);
      await helpers.answer(['size', join(work, 'x')]);
      const [first] = running();
      clock.advance(60_001);
      await helpers.answer(['size', join(work, 'x')]);
      await eventually(() => {
        assert.equal(running().length, 1);
        assert.notEqual(running()[0], first);
      });
    } finally {
      helpers.close();
    }
  });
});
