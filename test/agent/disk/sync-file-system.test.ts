import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syncFileSystem } from '../../../agent/disk/sync-file-system.js';

describe('syncing a file system', () => {
  it('tells each path apart: whether what is on its file system is on the disk', async () => {
    const nowhere = join(tmpdir(), 'ensemble nowhere');
    const asked = [tmpdir(), nowhere, tmpdir(), `${tmpdir()}\n${tmpdir()}`, '/'].map(syncFileSystem);
    assert.deepEqual(await Promise.all(asked), [true, false, true, false, true]);
  });

  it('is not relied on where its shell was killed, and has another one the next time', async () => {
    assert.ok(await syncFileSystem('/'));
    const shells = shellsOfThis();
    assert.equal(shells.length, 1);
    for (const shell of shells) process.kill(shell, 'SIGSTOP');
    const asked = syncFileSystem('/');
    for (const shell of shells) process.kill(shell, 'SIGKILL');
    assert.equal(await asked, false);
    assert.equal(await syncFileSystem('/'), true);
  });
});

/** Those that sync: they have no name of their own. */
function shellsOfThis(): number[] {
  return readdirSync(`/proc/${process.pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8').split(' '))
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sync -f'))
    .map(Number);
}
