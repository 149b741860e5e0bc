import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { readUnitHistory } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import { addUnits } from '../../control/deploy/add-units.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import type { AgentProcess } from './agent-process.js';
import { ensemble } from './operator.js';
import { requester, World } from './world.js';

for (const engines of [embedded, zookeeper()]) {
  describe(`a machine that is lost, with ${engines.name}`, function () {
    this.timeout(120_000);
    let world: World;
    let lost: AgentProcess;
    before(() => engines.start());
    after(() => engines.stop());
    beforeEach(async () => {
      world = await World.open(engines.environment());
      const formula = await world.publish(1, {
        hooks: {
          'cli-relation-broken': 'exit 3',
          'srv-relation-joined': ':',
          'srv-relation-departed': ':',
          'cli-relation-departed': ':',
          stop: 'exit 4',
        },
        files: { 'metadata.yaml': 'name: f\nrevision: 1\nprovides: {srv: thing}\nrequires: {cli: thing}\n' },
      });
      await world.agent();
      lost = await world.agentProcess('m1');
      await world.deploy(formula, 1, 'db', 'm0');
      await world.deploy(formula, 1, 'web', 'm1');
      const names = [parseEndpointName('web:cli'), parseEndpointName('db:srv')] as const;
      await addRelation(world.coordinator, names, requester.requestedAt);
      await eventually(
        async () => assert.equal((await world.trace('db/0')).at(-1), 'srv-relation-joined 1'),
        60_000,
      );
      await eventually(async () => assert.equal((await settings()).length, 2), 60_000);
    });
    afterEach(() => world.close());

    const settings = async (): Promise<readonly string[]> =>
      (await world.coordinator.children(paths.allSettings('/relations/0'))) ?? [];

    /** The agent is killed, and its session over. */
    async function lose(): Promise<void> {
      await lost.kill();
      for (const path of [paths.member('/relations/0', 'web/0'), paths.agent('m1')])
        await world.coordinator.remove(path);
    }

    /** The agent is there again, and through with what it found. */
    async function comesBack(): Promise<AgentProcess> {
      const agent = await world.agentProcess('m1');
      await agent.logged('removed the unit by force while this agent was away');
      await eventually(
        async () => assert.deepEqual(await readdir(world.path('machines', 'm1', 'units')), []),
        60_000,
      );
      await agent.logged('its directory is kept: ');
      return agent;
    }

    it('goes by force with its units, and when it comes back it stops them, once, and meets nobody', async () => {
      const up = await ensemble(world, 'remove-machine', '--force', '--yes', 'm1');
      assert.match(
        up.stderr,
        new RegExp(`^ensemble: the agent of machine m1 is up: process ${lost.pid} on `),
      );
      await lose();
      const hosts = await ensemble(world, 'remove-machine', 'm1');
      assert.match(hosts.stderr, /; or, if the machine is lost: ensemble remove-machine --force m1\n$/);
      const asked = await ensemble(world, 'remove-machine', '--force', 'm1');
      assert.deepEqual(
        [asked.code, asked.stderr],
        [
          2,
          'ensemble: this would remove m1 with what is there, without a hook of it: web/0; nothing was removed\n' +
            '  try: the same command with --yes, if that is meant\n',
        ],
      );
      await world.unit('web/0');
      const done = await ensemble(world, 'remove-machine', '--force', '--yes', 'm1');
      assert.deepEqual(
        [done.code, done.stderr],
        [
          0,
          'removed web/0, without a hook\nto have as many units of web again: ensemble add-unit -n 1 web\nremoved m1\n',
        ],
      );
      assert.deepEqual(await world.coordinator.children(paths.machines), ['m0']);
      assert.deepEqual(await world.coordinator.children(paths.units), ['db-0']);
      assert.deepEqual(await settings(), ['db-0']);
      await eventually(
        async () => assert.equal((await world.trace('db/0')).at(-1), 'srv-relation-departed 1'),
        60_000,
      );

      const agent = await comesBack();
      assert.deepEqual((await world.trace('web/0')).slice(-3), [
        'cli-relation-departed 1',
        'cli-relation-broken 1',
        'stop 1',
      ]);
      assert.equal((await readdir(world.path('machines', 'm1', 'removed'))).length, 1);
      // Only the machine was to go: nobody said for how long the data is to be kept.
      const [note = ''] = await readdir(world.path('machines', 'm1', 'kept'));
      const { forGood } = JSON.parse(await readFile(world.path('machines', 'm1', 'kept', note), 'utf8'));
      assert.equal(forGood, true);
      assert.deepEqual(await settings(), ['db-0']);
      assert.equal(
        (await world.trace('db/0')).filter((line) => line.startsWith('srv-relation-joined')).length,
        1,
      );
      await eventually(async () => {
        const told = (await readUnitHistory(world.coordinator, 'web/0')).filter(({ what }) =>
          what.startsWith('remove'),
        );
        assert.deepEqual(
          told.map(({ what, outcome }) => `${what} ${outcome}`),
          ['remove-by-force done', 'remove done'],
        );
      }, 60_000);
      await addUnits(world.coordinator, 'web', 1, requester.requestedAt, 'm1');
      await world.until('started', 'web/1');
      await agent.kill();
      const again = await world.agentProcess('m1');
      assert.deepEqual(
        again.lines().filter(({ unit }) => unit === 'web/0'),
        [],
      );
    });

    it('lets a unit of it go alone, where its agent is down', async () => {
      const up = await ensemble(world, 'remove-unit', '--force', 'web/0');
      assert.deepEqual(
        [up.code, up.stderr],
        [
          1,
          'ensemble: unit web/0 has an agent that can stop it: that of machine m1 is up\n' +
            '  try: ensemble remove-unit web/0\n',
        ],
      );
      await lose();
      const done = await ensemble(world, 'remove-unit', '--force', 'web/0');
      assert.deepEqual([done.code, done.stderr], [0, 'removed web/0, without a hook\n']);
      const parted = await ensemble(world, 'remove-relation', 'web', 'db');
      assert.equal(parted.code, 0, parted.stderr);
      await eventually(
        async () => assert.equal(await world.coordinator.get(paths.relation('0')), undefined),
        60_000,
      );
      await comesBack();
      assert.deepEqual(await world.coordinator.children(paths.units), ['db-0']);
    });
  });
}
