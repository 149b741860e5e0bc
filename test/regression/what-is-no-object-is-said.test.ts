import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../state/platform/clock.js';
import { openDirectory } from '../../state/storage/directory.js';
import { fetchObject } from '../../state/storage/fetch.js';
import type { Storage } from '../../state/storage/storage.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { objectOf, putPipeInPlaceOf } from '../servers/hung-directory.js';
import { type Content, makeContent } from '../state/storage/content.js';

/** A server that listens in the place of a file; another name first, as the path may be too long for one. */
async function listen(file: string): Promise<() => Promise<void>> {
  const short = join(await mkdtemp(join(tmpdir(), 's-')), 's');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(short, resolve));
  await rename(short, file);
  return async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(dirname(short), { recursive: true });
  };
}

const nothing = async (): Promise<void> => undefined;

/** What may stand there, how it comes there, and what ends it. */
const things: Readonly<Record<string, (file: string) => Promise<() => Promise<void>>>> = {
  'a named pipe': async (file) => {
    execFileSync('mkfifo', [file]);
    return nothing;
  },
  'a directory': async (file) => {
    await mkdir(file);
    return nothing;
  },
  'a socket': listen,
  // Zeros without end; only root can make one in place.
  'a device': async (file) => {
    await symlink('/dev/zero', file);
    return nothing;
  },
  'a link to nothing': async (file) => {
    await symlink('nowhere', file);
    return nothing;
  },
};

describe('what stands in the place of an object and is none', () => {
  let work: string;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'ensemble-no-object-'));
  });
  afterEach(() => rm(work, { recursive: true, force: true }));

  const deeds: Readonly<Record<string, (storage: Storage, content: Content) => Promise<unknown>>> = {
    looked: (storage, { key }) => storage.size(key),
    stored: (storage, { key, file }) => storage.put(key, file),
    read: (storage, { key }) => storage.read(key),
    fetched: (storage, { key, digest }) => fetchObject(storage, key, digest, join(work, 'fetched')),
  };

  for (const [thing, put] of Object.entries(things))
    it(`is named at once: ${thing}`, async function () {
      // Much less than the time in which a storage is taken to hang.
      this.timeout(20_000);
      const storage = openDirectory(`file:${work}/storage`, systemClock, 600_000);
      const content = await makeContent(work, 'one', 1_000);
      const file = join(work, 'storage', content.key);
      await storage.put(content.key, content.file);
      await rename(file, join(work, 'whole'));
      const end = await put(file);
      try {
        for (const [done, deed] of Object.entries(deeds))
          await assert.rejects(
            deed(storage, content),
            {
              code: 'object-not-a-file',
              message: `file:${work}/storage/${content.key} is no object: ${thing} stands there`,
            },
            done,
          );
        await rm(file, { recursive: true });
        await rename(join(work, 'whole'), file);
        await fetchObject(storage, content.key, content.digest, join(work, 'fetched'));
        assert.deepEqual(await readFile(join(work, 'fetched')), content.bytes);
      } finally {
        await end();
        storage.close();
      }
    });

  it('is named by units, which go on when it is whole, and by commands', async function () {
    this.timeout(25_000);
    const world = await World.open();
    try {
      const one = await world.publish(1);
      const two = await world.publish(2);
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      const object = await objectOf(world.path('storage'), world.path('f-2.tar.gz'));
      await putPipeInPlaceOf(object);
      await world.upgrade(two);
      await eventually(async () =>
        assert.match(
          JSON.stringify((await world.unit()).status.upgrade),
          /is no object: a named pipe stands there/,
        ),
      );
      const { code, stderr } = await ensemble(world, 'deploy', '--repository', 'world', '-n', '0', 'f', 'g');
      assert.match(stderr, /is no object: a named pipe stands there/);
      assert.equal(code, 1);
      await rm(object);
      await rename(`${object}.whole`, object);
      await world.untilOn(two);
    } finally {
      await world.close();
    }
  });
});
