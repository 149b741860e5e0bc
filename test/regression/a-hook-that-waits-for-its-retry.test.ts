import assert from 'node:assert/strict';
import { addRelation } from '../../control/relate/add-relation.js';
import { requestCommand } from '../../control/run/request-command.js';
import { commandRequestSchema } from '../../state/model/commands.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { requestRelationResolved, requestResolved } from '../../control/unit/resolve.js';
import type { UnitState } from '../../control/status/snapshot.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** A hook that fails and is to run again in a quarter of an hour, for 50 times. */
const metadata = (hook: string, more = ''): string =>
  `name: f\nrevision: 1\nsummary: s\nhooks:\n  ${hook}:\n    retry: {attempts: 50, backoff: 900}\n${more}`;

/** For up to an hour between two tries it could neither be interrupted, nor did anything say that it waited. */
describe('a hook that waits for its next try', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const waiting = (unit = 'f/0'): Promise<UnitState> =>
    eventually(async () => {
      const found = await world.unit(unit);
      assert.ok(found.status.waiting, JSON.stringify(found.status));
      return found;
    });

  /** A unit whose `start` failed once, and fails until the gate is open. */
  async function starting(): Promise<void> {
    await world.publish(1, {
      hooks: { start: 'test -e "$TRACE/gate-start"' },
      files: { 'metadata.yaml': metadata('start') },
    });
    await world.agent();
    await world.deploy('world:f-1');
    await waiting();
  }

  const starts = async (): Promise<number> =>
    (await world.trace()).filter((line) => line === 'start 1').length;

  it('is told of: why, since when, until when, and what ends it', async () => {
    await starting();
    const { status } = await world.unit();
    assert.equal(status.state, 'starting');
    assert.match(status.message, /hook "start" of f\/0 failed with exit status 1; it runs again at 2/);
    assert.equal(status.next, 'ensemble resolved --retry f/0');
    const { hook, since, until, attempt } = status.waiting ?? {};
    assert.deepEqual([hook, attempt], ['start', 1]);
    const wait = Date.parse(String(until)) - Date.parse(String(since));
    assert.ok(wait >= 450_000 && wait <= 900_000, `${wait} ms`);
  });

  it('resolved --retry runs it now, and it waits again where it fails again', async () => {
    await starting();
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await eventually(async () => assert.equal((await world.unit()).status.waiting?.attempt, 2));
    assert.equal(await starts(), 2);
    await world.openGate('start');
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await world.until('started');
    assert.equal(await starts(), 3);
    await eventually(async () =>
      assert.equal(await world.coordinator.get(paths.resolved('f/0')), undefined, 'the request is spent'),
    );
  });

  it('resolved takes it as done', async () => {
    await starting();
    await requestResolved(world.coordinator, 'f/0', false, requester);
    const { status } = await world.until('started');
    assert.deepEqual([status.waiting, status.message], [undefined, '']);
    assert.equal(await starts(), 1);
  });

  it('remove-unit removes the unit', async () => {
    await starting();
    await requestRemoval(world.coordinator, ['f/0'], requester);
    await eventually(async () => assert.equal(await world.coordinator.get(paths.unit('f/0')), undefined));
  });

  it('upgrade-formula --force upgrades the unit', async () => {
    await starting();
    const two = await world.publish(2);
    await world.upgrade(two, ['f/0'], true);
    await world.untilOn(two);
  });

  it('run runs a command, and the hook waits on', async () => {
    await starting();
    const before = (await world.unit()).status.waiting;
    const id = await requestCommand(world.coordinator, 'f/0', { command: ['true'] }, requester);
    await eventually(async () => {
      const path = paths.command('f/0', id);
      const found = await readEntity(world.coordinator, path, commandRequestSchema);
      assert.equal(found?.value.result?.exit, 0);
    });
    assert.deepEqual((await world.unit()).status.waiting, before);
    assert.equal(await starts(), 1);
  });

  it('a restart of the agent waits on, and does not run it at once', async () => {
    await starting();
    const before = (await world.unit()).status.waiting;
    await world.stopAgents();
    await world.agent();
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await eventually(async () => assert.equal((await world.unit()).status.waiting?.attempt, 2));
    assert.equal(await starts(), 2, 'only since an operator wanted it');
    assert.equal(before?.attempt, 1);
  });

  describe('of a relation', () => {
    const relations = 'requires:\n  db: {interface: i}\nprovides:\n  srv: {interface: i}\n';

    /** A unit whose `db-relation-joined` failed once. */
    async function related(): Promise<void> {
      await world.publish(1, {
        hooks: { 'db-relation-joined': 'test -e "$TRACE/gate-joined"' },
        files: {
          'metadata.yaml': metadata('db-relation-joined', relations),
        },
      });
      await world.agent();
      await world.deploy('world:f-1');
      await world.deploy('world:f-1', 1, 'g');
      for (const unit of ['f/0', 'g/0']) await world.until('started', unit);
      const names = [parseEndpointName('f:db'), parseEndpointName('g:srv')] as const;
      await addRelation(world.coordinator, names, requester.requestedAt);
      await eventually(async () => {
        const { status } = await world.unit();
        assert.equal(status.relations?.['db:0']?.waiting?.hook, 'db-relation-joined');
      });
    }

    const joined = async (): Promise<number> =>
      (await world.trace()).filter((line) => line === 'db-relation-joined 1').length;

    it('keeps the unit from nothing else: it upgrades', async () => {
      await related();
      const { status } = await world.unit();
      assert.match(
        status.relations?.['db:0']?.message ?? '',
        /at once by: ensemble resolved --retry f\/0 db:0/,
      );
      // A revision without the relation would have it left first.
      const two = await world.publish(2, {
        files: {
          'metadata.yaml': metadata('db-relation-joined', relations).replace('revision: 1', 'revision: 2'),
        },
      });
      await world.upgrade(two);
      await world.untilOn(two);
    });

    it('resolved --retry runs it now, resolved takes it as done', async () => {
      await related();
      await requestRelationResolved(world.coordinator, 'f/0', 'db', true, requester);
      await eventually(async () => assert.equal(await joined(), 2));
      await eventually(async () => {
        const { status } = await world.unit();
        assert.equal(status.relations?.['db:0']?.waiting?.attempt, 2);
      });
      await requestRelationResolved(world.coordinator, 'f/0', 'db', false, requester);
      await eventually(async () => {
        const { status } = await world.unit();
        assert.equal(status.relations?.['db:0']?.waiting, undefined);
        assert.equal(status.relations?.['db:0']?.state, 'up');
      });
      assert.equal(await joined(), 2);
    });
  });
});
