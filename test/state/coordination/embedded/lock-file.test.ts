import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type CoordinatorUnreachable, StateLocked } from '../../../../state/coordination/errors.js';
import { LockFile } from '../../../../state/coordination/embedded/lock-file.js';
import { eventuallyTrue } from '../../../eventually.js';
import { ManualClock } from '../../../manual-clock.js';
import { StoreDirectory } from './directory.js';

/**
 * Locks the first byte of the file, as whoever prepares it does, and puts zeros where lmdb puts them first. Then it waits
 * to be killed.
 */
const prepare =
  'open my $f, "+<", $ARGV[0] or die $!; my $l = pack "s s x4 q q i x4", 1, 0, 0, 1, 0; fcntl $f, 6, $l or die $!; \
my ($at, $length) = @ARGV[1, 2]; seek $f, $at, 0; syswrite $f, "\\0" x $length; $| = 1; print "locked"; sleep 100';

describe('whoever prepares the lock file of an embedded state', () => {
  let directory: StoreDirectory;
  const preparing: ChildProcess[] = [];
  beforeEach(async () => {
    directory = await StoreDirectory.make();
    await (await directory.open()).close();
  });
  afterEach(async () => {
    for (const child of preparing.splice(0)) child.kill('SIGKILL');
    await directory.remove();
  });

  const state = (): string => join(directory.path, 'state');
  const begin = async (at: number, length: number): Promise<ChildProcess> => {
    const words = ['-e', prepare, join(state(), 'lock.mdb'), `${at}`, `${length}`];
    const child = spawn('perl', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    preparing.push(child);
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => assert.fail('it locks nothing')),
    ]);
    return child;
  };

  for (const [what, at, length] of [
    ['the mutex of readers', 24, 40],
    ['the mutex of writers', 64, 40],
    ['the number of the commit', 8, 8],
    ['all of a new file', 0, 104],
  ] as const) {
    it(`is found while it has cleared ${what}, and is waited for`, async () => {
      const child = await begin(at, length);
      const lock = LockFile.of(state());
      try {
        assert.deepEqual(lock.opener(), { pid: child.pid, command: 'perl', stopped: false });
      } finally {
        lock.leave();
      }
      const clock = new ManualClock();
      const told: (CoordinatorUnreachable | undefined)[] = [];
      const opening = directory.open({
        clock,
        requestTimeout: Number.POSITIVE_INFINITY,
        blocked: (by) => told.push(by),
      });
      const untilTold = (times: number): Promise<void> =>
        eventuallyTrue(`it is told ${times} times`, () => {
          clock.advance(100);
          return told.length === times;
        });
      await untilTold(1);
      assert.ok(told[0] instanceof StateLocked);
      child.kill('SIGKILL');
      await untilTold(2);
      assert.deepEqual(await (await opening).children('/'), []);
    });
  }

  it('is not looked for in the list of all locks where the file is whole', async () => {
    const read: unknown[] = [];
    const { readFileSync } = fs;
    const watched = (...words: Parameters<typeof readFileSync>): ReturnType<typeof readFileSync> => {
      read.push(words[0]);
      return readFileSync(...words);
    };
    Object.assign(fs, { readFileSync: watched });
    syncBuiltinESMExports();
    try {
      // The first one finds the file as its last user left it, the second one as somebody uses it.
      const first = await directory.open();
      assert.deepEqual(await first.children('/'), []);
      const lock = LockFile.of(state());
      assert.equal(lock.opener(), undefined);
      lock.leave();
    } finally {
      Object.assign(fs, { readFileSync });
      syncBuiltinESMExports();
    }
    assert.ok(read.length > 0 && !read.includes('/proc/locks'), String(read));
  });
});
