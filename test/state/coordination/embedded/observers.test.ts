import assert from 'node:assert/strict';
import {
  addChange,
  changesSince,
  KEPT,
  lastChange,
} from '../../../../state/coordination/embedded/changes.js';
import { Observers } from '../../../../state/coordination/embedded/observers.js';
import { openStore } from '../../../../state/coordination/embedded/open-store.js';
import type { Store } from '../../../../state/coordination/embedded/store.js';
import type { Tables } from '../../../../state/coordination/embedded/tables.js';
import { viewOf } from '../../../../state/coordination/embedded/view.js';
import { eventuallyTrue } from '../../../eventually.js';
import { ManualClock } from '../../../manual-clock.js';
import { StoreDirectory } from './directory.js';

describe('the change log and the observers of the embedded store', () => {
  let directory: StoreDirectory;
  let store: Store;
  beforeEach(async () => {
    directory = await StoreDirectory.make();
    store = await openStore({
      url: directory.url,
      directory: `${directory.path}/state`,
      clock: new ManualClock(),
      requestTimeout: 10_000,
    });
  });
  afterEach(async () => {
    await store.leave();
    await directory.remove();
  });

  it('the log keeps the newest changes, and says when those asked for are gone', async () => {
    await store.write((tables) => {
      for (let number = 1; number <= KEPT + 5; number++) addChange(tables, number, [[`/${number}`], []]);
    });
    const tables = store.newest();
    assert.equal(lastChange(tables), KEPT + 5);
    assert.equal(tables.changes.getCount(), KEPT);
    assert.deepEqual(changesSince(tables, KEPT + 4), [[[`/${KEPT + 5}`], []]]);
    assert.deepEqual(changesSince(tables, KEPT + 5), []);
    assert.equal(changesSince(tables, 5)?.length, KEPT);
    assert.equal(changesSince(tables, 4), undefined);
  });

  it('a change costs a look at its own paths, however many others are observed', async () => {
    let looks = 0;
    const nodes = new Proxy(store.tables.nodes, {
      get(target, property, receiver) {
        if (property !== 'get') return Reflect.get(target, property, receiver);
        return (key: [string, string]) => {
          looks++;
          return target.get(key);
        };
      },
    });
    const counting: Tables = { ...store.tables, nodes };
    const observers = new Observers(
      () => {
        store.newest();
        return viewOf(counting, []);
      },
      () => true,
    );
    let told = 0;
    for (let at = 0; at < 5_000; at++) observers.observe(`/other-${at}`, () => told++);
    observers.observe('/a', () => told++);
    await eventuallyTrue('all were told once', () => told === 5_001);
    looks = 0;
    const client = await directory.open();
    await client.create('/a', '');
    observers.look();
    await eventuallyTrue('the one is told', () => told === 5_002);
    assert.equal(looks, 1);
  });

  it('what one observer throws keeps no other from being told', async () => {
    const client = await directory.open();
    const thrown: unknown[] = [];
    const [mochas] = process.listeners('uncaughtException');
    assert.ok(mochas !== undefined);
    process.removeListener('uncaughtException', mochas);
    process.once('uncaughtException', (error) => thrown.push(error));
    try {
      const bug = new Error('a bug of the caller');
      client.observe('/a', (node) => {
        if (node !== undefined) throw bug;
      });
      let told: string | undefined;
      client.observe('/a', (node) => {
        told = node?.value;
      });
      await client.create('/a', 'x');
      await eventuallyTrue('the other is told', () => told === 'x');
      assert.deepEqual(thrown, [bug]);
    } finally {
      process.on('uncaughtException', mochas);
    }
  });
});
