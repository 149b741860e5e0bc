import assert from 'node:assert/strict';
import type { Coordinator, SessionEvent } from '../../../../state/coordination/coordinator.js';
import { endSessions } from '../../../../state/coordination/embedded/leases.js';
import { Staging } from '../../../../state/coordination/embedded/staging.js';
import { openStore } from '../../../../state/coordination/embedded/open-store.js';
import { childNames, type Tables } from '../../../../state/coordination/embedded/tables.js';
import { eventually, eventuallyTrue } from '../../../eventually.js';
import { ManualClock } from '../../../manual-clock.js';
import { StoreDirectory } from './directory.js';

describe('the leases of the embedded store', () => {
  let directory: StoreDirectory;
  let clock: ManualClock;
  beforeEach(async () => {
    directory = await StoreDirectory.make();
    clock = new ManualClock();
  });
  afterEach(() => directory.remove());

  /** Moves the clock in steps short enough for every heartbeat, and lets what it started be done. */
  const live = async (client: Coordinator, ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      clock.advance(1_000);
      // Writes are made in their order, so those that the clock set off are made before this one.
      await client.set('/', '');
    }
  };

  /** What another process does with one that ran out, and with the room it left, before its owner can notice. */
  const endSession = async (session: string, next: (tables: Tables) => void): Promise<void> => {
    const path = `${directory.path}/state`;
    const store = await openStore({ url: directory.url, directory: path, clock, requestTimeout: 10_000 });
    await store.write((tables) => {
      endSessions(tables, [session]);
      next(tables);
    });
    await store.leave();
  };

  it('a session lives as long as its heart beats, however long that is', async () => {
    const owner = await directory.open({ clock, sessionTimeout: 6_000 });
    const other = await directory.open({ clock });
    await owner.create('/e', '', { ephemeral: true });
    await live(other, 60_000);
    assert.notEqual(await other.get('/e'), undefined);
  });

  it('a session left alone is ended by whoever is there, after its own time', async () => {
    const owner = await directory.open({ clock, sessionTimeout: 6_000 });
    const other = await directory.open({ clock });
    await owner.create('/e', '', { ephemeral: true });
    await owner.close({ keepSession: true });
    await live(other, 5_000);
    assert.notEqual(await other.get('/e'), undefined);
    await live(other, 2_000);
    await eventuallyTrue('it is ended', async () => (await other.get('/e')) === undefined);
  });

  it('a session that ran out while nobody was there is ended before the first read', async () => {
    const owner = await directory.open({ clock, sessionTimeout: 6_000 });
    await owner.create('/e', '', { ephemeral: true });
    await owner.close({ keepSession: true });
    clock.advance(6_000);
    const next = await directory.open({ clock });
    assert.deepEqual(await next.children('/'), []);
  });

  it('a session from before the machine was booted is ended before the first read', async () => {
    const owner = await directory.open({ clock: new ManualClock(9_000_000), sessionTimeout: 6_000 });
    await owner.create('/e', '', { ephemeral: true });
    const session = owner.savedSession();
    await owner.close({ keepSession: true });
    const next = await directory.open({ clock: new ManualClock(20_000), session });
    assert.deepEqual(await next.children('/'), []);
    assert.notEqual(next.savedSession(), session);
  });

  for (const [direction, days] of [
    ['forward', 365],
    ['back', -365],
  ] as const) {
    it(`a wall clock set ${direction} by a year ends no session`, async () => {
      const owner = await directory.open({ clock, sessionTimeout: 6_000 });
      const other = await directory.open({ clock });
      await owner.create('/e', '', { ephemeral: true });
      clock.setWallClock(clock.now() + days * 86_400_000);
      await live(other, 10_000);
      const late = await directory.open({ clock });
      assert.notEqual(await late.get('/e'), undefined);
    });
  }

  it('a client without ephemerals writes nothing for its session', async () => {
    const client = await directory.open({ clock, sessionTimeout: 6_000 });
    const events: SessionEvent[] = [];
    client.onSession((event) => events.push(event));
    clock.advance(60_000);
    await client.create('/a', '');
    assert.deepEqual(events, []);
  });

  it('what others did to an ephemeral before the last heartbeat is still so after an expiry', async () => {
    const owner = await directory.open({ clock, sessionTimeout: 6_000 });
    const other = await directory.open({ clock });
    for (const name of ['removed', 'changed']) await owner.create(`/${name}`, 'mine', { ephemeral: true });
    await other.remove('/removed');
    await other.set('/changed', 'theirs');
    await live(other, 2_000);
    await endSession(owner.savedSession(), (tables) => assert.deepEqual([...childNames(tables, '/')], []));
    await live(other, 2_000);
    await eventually(async () => assert.deepEqual(await other.children('/'), ['changed']));
    assert.equal((await other.get('/changed'))?.value, 'theirs');
  });

  it('a name that somebody else took meanwhile stays theirs', async () => {
    const owner = await directory.open({ clock, sessionTimeout: 6_000 });
    const other = await directory.open({ clock });
    await owner.create('/name', 'mine', { ephemeral: true });
    await endSession(owner.savedSession(), (tables) => {
      const staging = new Staging(tables);
      staging.stage({ kind: 'create', path: '/name', value: 'theirs' }, '');
      staging.write();
    });
    const events: SessionEvent[] = [];
    owner.onSession((event) => events.push(event));
    await live(other, 2_000);
    await eventuallyTrue('expired is told', () => events.join() === 'expired');
    await owner.close();
    assert.deepEqual(await other.get('/name'), { value: 'theirs', version: 0, ephemeral: false });
  });

  it('an ephemeral created after an expiry, before it was noticed, brings the others back with it', async () => {
    const owner = await directory.open({ clock, sessionTimeout: 6_000 });
    await owner.create('/one', '', { ephemeral: true });
    const thief = await directory.open({ clock, session: owner.savedSession() });
    await thief.close();
    await owner.create('/two', '', { ephemeral: true });
    assert.deepEqual(await owner.children('/'), ['one', 'two']);
    await owner.close();
    const next = await directory.open({ clock });
    assert.deepEqual(await next.children('/'), []);
  });

  it('text that is no saved session of this engine begins a new one', async () => {
    for (const session of ['', 'x'.repeat(5_000), '\0', '{"id":"1"}']) {
      const client = await directory.open({ clock, session });
      await client.create('/e', '', { ephemeral: true });
      await client.close();
    }
  });
});
