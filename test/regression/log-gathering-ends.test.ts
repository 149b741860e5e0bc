import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '../../agent/contract/log.js';
import { gatherLogs } from '../../agent/logs/gather-logs.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';

const silent = openLog(() => undefined, 'json', Date.now, false);

describe('closing the gatherer of logs', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ensemble-logs-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 10 }));

  it('waits for the write under way, so that nothing writes the marks after it', async () => {
    const clock = new ManualClock(1_000_000, Date.now());
    let written: (() => void) | undefined;
    const append = (): Promise<void> => new Promise((resolve) => (written = resolve));
    const gatherer = gatherLogs({ append }, join(root, 'marks.json'), { clock, log: silent, secrets: [] });
    const log = join(root, 'hooks.log');
    await writeFile(log, 'hello\n');
    gatherer.began('f/0', log, 'start', 0);
    await eventually(() => {
      clock.advance(1_000);
      assert.ok(written, 'the line is being written');
    });
    let closed = false;
    const closing = gatherer.close().then(() => {
      closed = true;
    });
    await new Promise(setImmediate);
    assert.equal(closed, false, 'the write is not over');
    written?.();
    await closing;
    assert.deepEqual((await readdir(root)).sort(), ['hooks.log', 'marks.json']);
  });
});
