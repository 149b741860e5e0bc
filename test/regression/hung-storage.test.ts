import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRepository } from '../../state/formula/repositories/open.js';
import { openDirectory } from '../../state/storage/directory.js';
import { StorageUnreachable } from '../../state/storage/errors.js';
import { fetchObject } from '../../state/storage/fetch.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';
import { hang, helpersOf, objectOf } from '../servers/hung-directory.js';
import { makeContent } from '../state/storage/content.js';

/** Milliseconds. */
const SILENCE = 2_000;

describe('a directory storage that hangs', () => {
  let work: string;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'ensemble-hung-'));
  });
  afterEach(() => rm(work, { recursive: true, force: true, maxRetries: 10 }));

  it(`fails what waits for it in bounded time, holds nothing else up, and works again when it does `, async () => {
    const before = helpersOf(process.pid);
    const clock = new ManualClock();
    const storage = openDirectory(`file:${work}/storage`, clock, SILENCE);
    const releases: (() => Promise<void>)[] = [];
    try {
      const whole = await makeContent(work, 'whole', 100_000);
      await storage.put(whole.key, whole.file);
      const hung = await Promise.all(
        Array.from({ length: 5 }, (_, at) => makeContent(work, `hung ${at}`, 1_000)),
      );
      for (const { key, file } of hung) await storage.put(key, file);
      for (const { key } of hung) releases.push(await hang(join(work, 'storage', key)));
      const failures = hung.map(({ key, digest }, at) =>
        assert.rejects(fetchObject(storage, key, digest, join(work, `fetched ${at}`)), (error) => {
          assert.ok(error instanceof StorageUnreachable);
          assert.equal(
            error.message,
            `the storage cannot be reached for file:${work}/storage/${key}: it has not answered for 2 seconds`,
          );
          return true;
        }),
      );
      await fetchObject(storage, whole.key, whole.digest, join(work, 'fetched'));
      assert.deepEqual(await readFile(join(work, 'fetched')), whole.bytes, 'others are fetched meanwhile');
      await clock.advanceUntil(Promise.all(failures), SILENCE);
      for (const release of releases) await release();
      for (const { key, digest } of hung) await fetchObject(storage, key, digest, join(work, 'again'));
    } finally {
      for (const release of releases) await release();
      storage.close();
    }
    await eventually(() => {
      const left = helpersOf(process.pid).filter((pid) => !before.includes(pid));
      assert.deepEqual(left, [], 'no process of it is left');
    });
  });

  it('fails uploads and looks in bounded time too, and takes them again', async () => {
    const clock = new ManualClock();
    const storage = openDirectory(`file:${work}/storage`, clock, 500);
    try {
      const { key, file } = await makeContent(work, 'one', 1_000);
      const before = new Set(helpersOf(process.pid));
      await storage.size(key);
      const [helper = 0] = helpersOf(process.pid).filter((pid) => !before.has(pid));
      // As a call that does not come back: nobody but the kernel hears of the next request.
      process.kill(helper, 'SIGSTOP');
      const silent = assert.rejects(storage.put(key, file), /it has not answered for 0.5 seconds/);
      await clock.advanceUntil(silent, 500);
      await storage.put(key, file);
      assert.equal(await storage.size(key), 1_000);
    } finally {
      storage.close();
    }
  });

  it('leaves the agent its other units, its machine and its end', async () => {
    const world = await World.open();
    const releases: (() => Promise<void>)[] = [];
    try {
      const one = await world.publish(1);
      const two = await world.publish(2);
      const agent = await world.agentProcess();
      await world.deploy(one);
      await world.untilOn(one);
      releases.push(await hang(await objectOf(world.path('storage'), world.path('f-2.tar.gz'))));
      // A machine's download is shared: to hang five of them takes five bundles.
      for (const revision of [3, 4, 5, 6]) {
        await world.publish(revision);
        releases.push(await hang(await objectOf(world.path('storage'), world.path(`f-${revision}.tar.gz`))));
        await world.deploy(`world:f-${revision}`, 1, `g${revision}`, 'm0');
      }
      await world.upgrade(two);
      await eventually(async () =>
        assert.equal((await world.unit()).status.upgrade?.step, 'fetching', 'it waits'),
      );
      const other = await world.publish(7);
      await world.deploy(other, 1, 'other', 'm0');
      await world.untilOn(other, 'other/0');
      assert.deepEqual(await world.trace('other/0'), ['install 7', 'config-changed 7', 'start 7']);
      assert.equal(await agent.kill('SIGTERM'), 0);
    } finally {
      for (const release of releases) await release();
      await world.close();
    }
  });

  it('as a repository is given up in bounded time, with a sentence', async () => {
    // In the place of the helper, one that never answers.
    await writeFile(join(work, 'perl'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
    const before = process.env.PATH;
    process.env.PATH = `${work}:${before}`;
    try {
      await assert.rejects(openRepository(work, { silence: 300 }), {
        code: 'repository-not-found',
        message: `${work} is no repository: ${work} has not answered for 0.3 seconds`,
      });
    } finally {
      process.env.PATH = before;
    }
  });
});
