import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Staging } from '../../../agent/disk/staging.js';
import { openFormulas } from '../../../agent/machine/formulas.js';
import { openStorage } from '../../../state/storage/open.js';
import type { Storage } from '../../../state/storage/storage.js';
import { World } from '../world.js';

describe('the formulas of a machine', () => {
  let world: World;
  let storage: Storage;
  let reads: number;
  beforeEach(async () => {
    world = await World.open();
    const real = await openStorage(world.storage);
    reads = 0;
    storage = {
      url: real.url,
      size: (key) => real.size(key),
      put: (key, file) => real.put(key, file),
      read: (key) => {
        reads += 1;
        return real.read(key);
      },
      remove: (key) => real.remove(key),
      close: () => real.close(),
    };
  });
  afterEach(() => world.close());

  it('a hundred units that want one at once cause one download', async () => {
    const id = await world.publish(1);
    const formulas = openFormulas(world.coordinator, new Staging(storage, world.path('trace'), { add() {} }));
    const fetched = await Promise.all(Array.from({ length: 100 }, () => formulas.fetch(id)));
    assert.equal(reads, 1);
    assert.equal(new Set(fetched.map(({ bundle }) => bundle)).size, 1);
    await formulas.fetch(id);
    assert.equal(reads, 1, 'nor does one that comes later');
  });

  it('a failure is not remembered', async () => {
    const formulas = openFormulas(world.coordinator, new Staging(storage, world.path('trace'), { add() {} }));
    await assert.rejects(formulas.find('world:f-1'), { code: 'formula-not-published' });
    const id = await world.publish(1);
    assert.equal((await formulas.find(id)).ref.id, id);
    const { read } = storage;
    storage.read = () => Promise.reject(new Error('away'));
    await assert.rejects(formulas.fetch(id), { message: 'away' });
    storage.read = read;
    await formulas.fetch(id);
  });

  it('a download of other bytes leaves nothing in the cache', async () => {
    const id = await world.publish(1);
    storage.read = async () => Readable.from([Buffer.from('something else')]);
    const formulas = openFormulas(world.coordinator, new Staging(storage, world.path('trace'), { add() {} }));
    await assert.rejects(formulas.fetch(id), { code: 'object-damaged' });
    assert.deepEqual(await readdir(world.path('trace')), []);
  });
});
