import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGit } from '../../state/formula/repositories/git.js';
import { parseGitLocation } from '../../state/formula/repositories/git-location.js';
import { whenProcess } from '../../state/platform/when-process.js';
import { commitAll, git } from '../servers/git-server.js';

describe('many git repositories that are asked at once', function () {
  this.timeout(120_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-many-'));
    await git(directory, 'init', '--quiet', '.');
    await commitAll(directory);
  });
  afterEach(() => rm(directory, { recursive: true, maxRetries: 10 }));

  it('have Node warn of no leak, as they listen together for the end of the process', async () => {
    const count = (): number => process.listenerCount('exit') + process.listenerCount('SIGTERM');
    const before = count();
    const asked = Array.from({ length: 12 }, () => openGit(parseGitLocation(`git+file://${directory}`)));
    assert.ok(count() <= before + 2, `${count() - before} for twelve`);
    await Promise.all(asked);
    assert.equal(count(), before, 'and leave none behind');
  });

  it('are each ended with it', () => {
    const done: number[] = [];
    // A terminal listens to it too.
    const before = process.listenerCount('SIGWINCH');
    const ends = [1, 2, 3].map((each) => whenProcess('SIGWINCH', () => done.push(each)));
    ends[1]?.();
    process.emit('SIGWINCH');
    assert.deepEqual(done, [1, 3]);
    for (const end of ends) end();
    assert.equal(process.listenerCount('SIGWINCH'), before);
  });
});
