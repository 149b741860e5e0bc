import assert from 'node:assert/strict';
import { mirrorUnit, type UnitFacts } from '../../agent/tree/mirror.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { AccessDenied } from '../../state/coordination/errors.js';
import { readEntity } from '../../state/model/entity.js';
import { historySchema, newEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { statusSchema, unitSchema } from '../../state/model/unit-schemas.js';
import { TreeFixture } from '../agent/tree/tree-fixture.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';

async function removeAll(coordinator: Coordinator, path: string): Promise<void> {
  for (const name of (await coordinator.children(path)) ?? [])
    await removeAll(coordinator, `${path}/${name}`);
  await coordinator.remove(path);
}

describe('facts of a unit that the state tree refuses', () => {
  it('are written after all where what they stand under was deleted by hand', async () => {
    const world = await World.open();
    try {
      const [one, two, three] = [
        await world.publish(1, { hooks: { start: 'echo first' } }),
        await world.publish(2, { hooks: { 'upgrade-formula': 'gate upgrade' } }),
        await world.publish(3, { hooks: { 'upgrade-formula': 'echo third' } }),
      ];
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await world.upgrade(two);
      await eventually(async () => assert.equal((await world.trace()).at(-1), 'upgrade-formula 2'));
      await removeAll(world.coordinator, paths.history);
      await eventually(async () => {
        assert.equal((await world.coordinator.children(paths.machineLogs('m0')))?.length, 1);
        await removeAll(world.coordinator, paths.logs);
      });
      await world.coordinator.remove(paths.status('f/0'));
      await world.openGate('upgrade');
      await eventually(async () =>
        assert.ok(await world.coordinator.get(paths.status('f/0')), 'the status is back'),
      );
      await world.untilOn(two);
      const history = await readEntity(world.coordinator, paths.unitHistory('f/0'), historySchema);
      assert.match(JSON.stringify(history?.value.entries), /world:f-2/);
      // A unit of the same service that comes only now, and one more upgrade.
      await removeAll(world.coordinator, paths.history);
      await world.upgrade(three);
      await world.untilOn(three);
      await eventually(async () => {
        const segments = (await world.coordinator.children(paths.machineLogs('m0'))) ?? [];
        const nodes = await world.coordinator.getMany(
          segments.map((name) => `${paths.machineLogs('m0')}/${name}`),
        );
        assert.match(nodes.map((node) => node?.value).join(), /third/, 'and so are the logs');
      });
    } finally {
      await world.close();
    }
  });

  it('are tried again with growing pauses, and the log and the status say why until they are through', async () => {
    const tree = await TreeFixture.open();
    try {
      await tree.units(1);
      const unit = (await readEntity(tree.real, paths.unit('f/0'), unitSchema))?.value;
      assert.ok(unit);
      const clock = new ManualClock();
      const told: UnitFacts[] = [];
      const mirrored = tree.mirrored('f/0');
      const mirror = mirrorUnit('f/0', mirrored, tree.log, (facts) => told.push(facts), clock);
      const denied = (): void => {
        // Together with others, and by itself; then the status alone is let through.
        const error = new AccessDenied({ coordinator: 'zookeeper://zk', path: paths.unitHistory('f/0') });
        tree.faults.push({ error, applied: false }, { error, applied: false });
      };
      const message = async (): Promise<string | undefined> =>
        (await readEntity(tree.real, paths.status('f/0'), statusSchema))?.value.message;
      const facts: UnitFacts = {
        unit,
        status: { state: 'started', since: requester.requestedAt, message: 'serving' },
        history: [newEntry({ at: requester.requestedAt, what: 'upgrade', outcome: 'done' })],
      };
      denied();
      mirror.report(facts);
      await eventually(async () =>
        assert.match(
          (await message()) ?? '',
          /^serving; what the unit did cannot be written.*refuses access/,
        ),
      );
      denied();
      await clock.untilDue(500);
      clock.advance(500);
      await eventually(() => assert.equal(tree.faults.length, 0));
      assert.equal(tree.logged.length, 1, 'the same is said once');
      assert.match(tree.logged[0] ?? '', /^error: what the unit did cannot be written.*secret/);
      await clock.untilDue(1_000);
      clock.advance(999);
      assert.deepEqual(told, [], 'the second pause is twice as long');
      clock.advance(1);
      await eventually(() => assert.deepEqual(told, [facts]));
      await eventually(async () => assert.equal(await message(), 'serving'));
      mirror.close();
    } finally {
      await tree.close();
    }
  });
});
