import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { claimRun, removeRun } from '../../hooks/process/run-directory.js';

const TURNS = 300;

/** Claims each run again and again, as the wrapper does once, until there is none to claim. */
const late = `
  const { openSync, closeSync } = require('node:fs');
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ claim, state }) => {
    Atomics.store(state, 0, 1);
    Atomics.notify(state, 0);
    for (;;) {
      try {
        closeSync(openSync(claim, 'wx'));
        parentPort.postMessage('taken');
        return;
      } catch (error) {
        if (error.code === 'EEXIST') continue;
        parentPort.postMessage('refused');
        return;
      }
    }
  });`;

describe('a run that was taken back before its wrapper came', () => {
  let runs: string;
  let wrapper: Worker;
  before(async () => {
    runs = await mkdtemp(join(tmpdir(), 'ensemble-runs-'));
    wrapper = new Worker(late, { eval: true });
  });
  after(async () => {
    await wrapper.terminate();
    await rm(runs, { recursive: true, force: true });
  });

  it('cannot be claimed while it is removed, or the hook would run twice', async () => {
    const ends = { refused: 0, taken: 0 };
    for (let turn = 0; turn < TURNS; turn += 1) {
      const run = join(runs, `run-${turn}`);
      assert.ok(await claimRun(run));
      const state = new Int32Array(new SharedArrayBuffer(4));
      const end = new Promise<keyof typeof ends>((resolve) => wrapper.once('message', resolve));
      wrapper.postMessage({ claim: join(run, 'claim'), state });
      Atomics.wait(state, 0, 0);
      await removeRun(run);
      ends[await end] += 1;
    }
    assert.deepEqual(ends, { refused: TURNS, taken: 0 });
  });
});
