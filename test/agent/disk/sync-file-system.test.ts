import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSystemSync } from '../../../agent/disk/sync-file-system.js';
import { eventually } from '../../eventually.js';

describe('syncing a file system', () => {
  let fileSystems: FileSystemSync;
  beforeEach(() => {
    fileSystems = new FileSystemSync();
  });
  afterEach(() => fileSystems.close());

  it('tells each path apart: whether what is on its file system is on the disk', async () => {
    const nowhere = join(tmpdir(), 'ensemble nowhere');
    const asked = [tmpdir(), nowhere, tmpdir(), `${tmpdir()}\n${tmpdir()}`, '/'].map((path) =>
      fileSystems.sync(path),
    );
    assert.deepEqual(await Promise.all(asked), [true, false, true, false, true]);
  });

  it('is not relied on where its shell was killed, and has another one the next time', async () => {
    assert.ok(await fileSystems.sync('/'));
    // The one of the test before has nothing left to do.
    const shells = await eventually(() => {
      const found = shellsOfThis();
      assert.equal(found.length, 1);
      return found;
    });
    for (const shell of shells) process.kill(shell, 'SIGSTOP');
    const asked = fileSystems.sync('/');
    for (const shell of shells) process.kill(shell, 'SIGKILL');
    assert.equal(await asked, false);
    assert.equal(await fileSystems.sync('/'), true);
  });
});

/** Those that sync: they have no name of their own. */
function shellsOfThis(): number[] {
  return readdirSync(`/proc/${process.pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8').split(' '))
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sync -f'))
    .map(Number);
}
