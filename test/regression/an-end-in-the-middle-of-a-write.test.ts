import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCoordinator } from '../../state/coordination/open.js';

const moduleOf = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** Begins a write, keeps this thread from answering lmdb's while that waits for it, and ends the process then. */
const script = `
  const { openCoordinator } = await import(${moduleOf('../../state/coordination/open.js')});
  const { endProcess, uninterrupted } = await import(${moduleOf('../../state/platform/end-process.js')});
  const coordinator = await openCoordinator(process.argv[1]);
  void coordinator.create('/written', 'whole');
  setImmediate(() => {
    for (const begun = Date.now(); Date.now() - begun < 50; );
    endProcess(7);
    void uninterrupted(async () => console.log('begun after the end'));
  });`;

describe('a process that ends in the middle of a write of an embedded state', function () {
  this.timeout(120_000);
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ensemble-end-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('ends with its exit code, the write whole and nothing begun after it, and keeps nobody from writing', async () => {
    const state = `embedded:${directory}`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, state], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += bytes;
    });
    const stuck = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const ended: unknown = await once(child, 'close');
    clearTimeout(stuck);
    assert.deepEqual(ended, [7, null]);
    assert.equal(said, '');
    const coordinator = await openCoordinator(state);
    try {
      assert.equal((await coordinator.get('/written'))?.value, 'whole');
      await coordinator.create('/by-another', '');
    } finally {
      await coordinator.close();
    }
  });
});
