import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimDataDirectory, pruneRuns } from '../../../agent/disk/data-directory.js';
import { bootId } from '../../../state/platform/boot.js';
import { findProcess } from '../../../state/platform/process-stat.js';

const mine = `${process.pid} ${findProcess(process.pid)?.startTime}`;

describe("the agent's data directory", () => {
  let root: string;
  beforeEach(async () => {
    root = join(await mkdtemp(join(tmpdir(), 'ensemble-data-')), 'deep', 'm0');
  });
  afterEach(() => rm(join(root, '..', '..'), { recursive: true }));

  it('is made with what it needs, for its user alone, and marked last', async () => {
    const { release } = await claimDataDirectory(root, 'm0');
    assert.deepEqual(
      (await readdir(root)).sort(),
      ['agent.lock', 'agent.pid', 'cache', 'journal', 'layout.v2', 'runs', 'units'].sort(),
    );
    assert.equal((await stat(root)).mode & 0o777, 0o700);
    await release();
    assert.ok(!(await readdir(root)).includes('agent.pid'));
  });

  it('has one owner at a time; of many at once one gets it', async () => {
    const claims = await Promise.allSettled(Array.from({ length: 10 }, () => claimDataDirectory(root, 'm0')));
    const refused = claims.filter((claim) => claim.status === 'rejected');
    assert.equal(refused.length, 9);
    for (const { reason } of refused) assert.equal(reason.code, 'data-directory-in-use');
    assert.ok(!(await readdir(root)).some((name) => name.startsWith('agent.pid.')));
  });

  for (const [whose, text] of [
    ['of a process that is gone', '999999999 12345\n'],
    ['of a process whose pid is another one’s now', `${process.pid} 1\n`],
    ['of a boot before this one', `${process.pid} ${findProcess(process.pid)?.startTime} another\n`],
    ['of which only half was written', ''],
    ['that is no claim', 'hello\n'],
    [
      'of a process that lives, in the directory that this one was copied from',
      `${mine} ${bootId()} elsewhere\n`,
    ],
  ] as const) {
    it(`a claim ${whose} is taken over`, async () => {
      await mkdir(root, { recursive: true });
      await writeFile(join(root, 'agent.pid'), text);
      const { release } = await claimDataDirectory(root, 'm0');
      await release();
    });
  }

  it('a claim of release 0.1.0, whose process lives, stands', async () => {
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'agent.pid'), `${mine}\n`);
    await writeFile(join(root, 'layout.v1'), '');
    await assert.rejects(claimDataDirectory(root, 'm0'), { code: 'data-directory-in-use', pid: process.pid });
  });

  it('of a newer layout is refused before anything is touched', async () => {
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'layout.v3'), '');
    await assert.rejects(claimDataDirectory(root, 'm0'), {
      code: 'data-directory-too-new',
      marker: 'layout.v3',
    });
    assert.deepEqual(await readdir(root), ['layout.v3']);
  });

  it('keeps the runs of hooks that a journal names, and no others', async () => {
    const { directory, release } = await claimDataDirectory(root, 'm0');
    for (const run of ['one', 'two', 'three', 'four.removed']) await mkdir(join(directory.runs, run));
    await pruneRuns(directory, new Set(['two']));
    assert.deepEqual(await readdir(directory.runs), ['two']);
    await release();
  });
});
