import assert from 'node:assert/strict';
import { CommitNumber } from '../../state/coordination/embedded/commit-number.js';
import { instant, leaseFrom } from '../../state/coordination/embedded/leases.js';
import { LockFile } from '../../state/coordination/embedded/lock-file.js';
import { openStore } from '../../state/coordination/embedded/open-store.js';
import { Staging } from '../../state/coordination/embedded/staging.js';
import type { Store } from '../../state/coordination/embedded/store.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';
import { StoreDirectory } from '../state/coordination/embedded/directory.js';

describe('a look that nobody asked for', () => {
  let directory: StoreDirectory;
  let clock: ManualClock;
  let store: Store;
  beforeEach(async () => {
    directory = await StoreDirectory.make();
    clock = new ManualClock();
    store = await openStore({
      url: directory.url,
      directory: `${directory.path}/state`,
      clock,
      requestTimeout: 10_000,
    });
  });
  afterEach(async () => {
    await store.leave();
    await directory.remove();
  });

  /** Has something written of which nobody is told, as where its ring is lost. */
  const writeSilently = (path: string, session = ''): Promise<void> =>
    store.write((tables) => {
      const staging = new Staging(tables);
      staging.stage({ kind: 'create', path, value: 'x', ephemeral: session !== '' }, session);
      staging.write();
      if (session !== '') void tables.leases.put(session, leaseFrom(instant(clock), 6_000));
    });
  /** What somebody is told of a node; resolves once he was told of its being there or not. */
  async function observed(
    path: string,
    isThere: boolean,
    observe = store.observers.observe.bind(store.observers),
  ) {
    const told: boolean[] = [];
    observe(path, (node) => told.push(node !== undefined));
    await eventually(() => assert.deepEqual(told, [isThere]));
    return told;
  }

  it('makes up for a ring that was lost, after one that had nothing to find', async () => {
    const client = await directory.open({ clock });
    const told = await observed('/a', false, client.observe.bind(client));
    clock.advance(2_000);
    await writeSilently('/a');
    assert.deepEqual(told, [false]);
    clock.advance(1_000);
    await eventually(() => assert.deepEqual(told, [false, true]));
  });

  it('tells of a lease of another process that ends without a commit', async () => {
    const client = await directory.open({ clock });
    await writeSilently('/e', 'of another process');
    const told = await observed('/e', true, client.observe.bind(client));
    for (let passed = 0; passed < 7_000; passed += 1_000) clock.advance(1_000);
    await eventually(() => assert.deepEqual(told, [true, false]));
  });

  it('tells of a lease that a client of this process left behind', async () => {
    const owner = await directory.open({ clock, sessionTimeout: 6_000 });
    await owner.create('/e', '', { ephemeral: true });
    const client = await directory.open({ clock });
    const told = await observed('/e', true, client.observe.bind(client));
    clock.advance(1_000);
    await owner.close({ keepSession: true });
    for (let passed = 0; passed < 6_000; passed += 1_000) clock.advance(1_000);
    await eventually(() => assert.deepEqual(told, [true, false]));
  });

  it('is made again where it was none, as this process saw an older commit', async () => {
    const told = await observed('/a', false);
    await writeSilently('/a');
    const path = `${directory.path}/state`;
    const lock = LockFile.of(path);
    const commits = new CommitNumber(path, lock);
    try {
      const newest = commits.newest();
      lock.setCommit(newest - 1n);
      const { write } = store;
      // It cannot set that right, and then another process does.
      store.write = () => {
        lock.setCommit(newest);
        return Promise.reject(new Error('the disk is full'));
      };
      store.lookFromTimeToTime();
      store.write = write;
      store.lookFromTimeToTime();
      await eventually(() => assert.deepEqual(told, [false, true]));
    } finally {
      commits.close();
      lock.leave();
    }
  });
});
