import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCoordinator } from '../../state/coordination/open.js';
import { World } from '../agent/world.js';
import { StoreDirectory } from '../state/coordination/embedded/directory.js';

describe('the files of an embedded state', () => {
  let directory: StoreDirectory;
  beforeEach(async () => {
    directory = await StoreDirectory.make();
  });
  afterEach(() => directory.remove());

  it('are their user’s alone, also where its directory and files were everybody’s', async () => {
    const path = join(directory.path, 'state');
    await mkdir(path, { mode: 0o755 });
    const first = await openCoordinator(directory.url);
    await first.create('/a', 'x');
    first.observe('/a', () => undefined);
    await first.close();
    await writeFile(join(path, 'doorbell'), '', { mode: 0o644 });
    const modes = async (): Promise<readonly string[]> =>
      Promise.all(
        ['.', ...(await readdir(path)).sort()].map(
          async (name) => `${name} ${((await stat(join(path, name))).mode & 0o777).toString(8)}`,
        ),
      );
    const expected = ['. 700', 'data.mdb 600', 'doorbell 600', 'lock.mdb 600'];
    assert.deepEqual(await modes(), expected);
    for (const name of ['.', 'data.mdb', 'lock.mdb', 'doorbell'])
      await chmod(join(path, name), name === '.' ? 0o755 : 0o644);
    const second = await openCoordinator(directory.url);
    await second.close();
    assert.deepEqual(await modes(), expected);
  });
});

describe('the files of an agent', () => {
  it('are its user’s alone, also where its data directory was everybody’s', async () => {
    const world = await World.open();
    try {
      const root = world.path('machines', 'm0');
      await mkdir(join(root, 'journal'), { recursive: true, mode: 0o755 });
      await chmod(root, 0o755);
      await world.agent();
      for (const path of [
        '.',
        'journal',
        'journal/data.mdb',
        'journal/lock.mdb',
        'session',
        'agent-id',
        'runs',
        'cache',
      ])
        assert.equal((await stat(join(root, path))).mode & 0o077, 0, path);
    } finally {
      await world.close();
    }
  });
});
