import assert from 'node:assert/strict';
import { CoordinatorUnreachable } from '../../state/coordination/errors.js';
import { holdUpgrade } from '../../control/hold/hold.js';
import { parseEntity, readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { readRollout } from '../../state/model/rollout.js';
import { requireService } from '../../state/model/services.js';
import { watcherFingerprintSchema } from '../../state/model/watcher.js';
import { useWatchedWorld } from './watched-world.js';

describe('what the watcher does by the policy of a service', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();

  /** A service `s` of revision 1, whose repository has revision 2. */
  async function withNewer(policy: { readonly mode: string; readonly windows?: string[] }) {
    const { world } = at;
    const environment = await world.environment();
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('one/f-2', 'f', 2);
    await world.service(environment.coordinator, 's', id, world.path('one'), policy);
    return environment;
  }

  it('auto begins an ordinary rollout, once', async () => {
    const { world } = at;
    const environment = await withNewer({ mode: 'auto' });
    const watcher = await world.watch([environment]);
    assert.equal((await requireService(environment.coordinator, 's')).value.formula, 'r:f-2');
    const rollout = await readRollout(environment.coordinator, 's');
    assert.match(rollout?.value.by ?? '', /^ensemble-watcher@/);
    await watcher.pass();
    assert.equal((await readRollout(environment.coordinator, 's'))?.value.id, rollout?.value.id);
    assert.deepEqual(
      world.reports.slice(0, 1).map(({ did, outcome }) => [/began the rollout to r:f-2/.test(did), outcome]),
      [[true, 'done']],
    );
  });

  it('auto waits for a hold, and says so once', async () => {
    const { world } = at;
    const environment = await withNewer({ mode: 'auto' });
    const by = { requestedAt: new Date().toISOString(), by: 'ann@a' };
    await holdUpgrade(environment.coordinator, 's', { level: 'all', until: undefined, reason: 'disks' }, by);
    const watcher = await world.watch([environment]);
    await watcher.pass();
    assert.equal((await requireService(environment.coordinator, 's')).value.formula, 'r:f-1');
    assert.equal(world.reports.length, 1, JSON.stringify(world.reports));
    assert.match(world.reports[0]?.did ?? '', /left r:f-2 for later: held by ann@a: disks/);
  });

  it('auto does not take again what the service went back from', async () => {
    const { world } = at;
    const environment = await withNewer({ mode: 'auto' });
    const { coordinator } = environment;
    const { value, version } = await requireService(coordinator, 's');
    await coordinator.set(paths.service('s'), JSON.stringify({ ...value, bad: ['r:f-2'] }), version);
    await world.watch([environment]);
    assert.equal((await requireService(coordinator, 's')).value.formula, 'r:f-1');
  });

  it('stage publishes, and has the service name what its agents fetch', async () => {
    const { world } = at;
    const environment = await withNewer({ mode: 'stage' });
    await world.watch([environment]);
    const { value } = await requireService(environment.coordinator, 's');
    assert.deepEqual([value.formula, value.prefetch], ['r:f-1', 'r:f-2']);
    assert.ok(await environment.coordinator.get(paths.formula('r:f-2')));
  });

  it('off asks nobody', async () => {
    const watcher = await at.world.watch([await withNewer({ mode: 'off' })]);
    assert.equal(watcher.polls(), 0);
  });

  it('a fingerprint is stored when the announcement was acknowledged, and not before', async () => {
    const { world } = at;
    const environment = await withNewer({ mode: 'notify' });
    const stored = () =>
      readEntity(environment.coordinator, paths.watcherFingerprint('s'), watcherFingerprintSchema);
    let isDown = true;
    const tried: string[] = [];
    world.receiving = async () => {
      tried.push('once');
      if (isDown) throw new CoordinatorUnreachable({ coordinator: 'the receiver', reason: 'it is down' });
    };
    await world.watch([environment]);
    assert.equal(await stored(), undefined);
    assert.equal(world.reports.at(-1)?.outcome, 'failed');
    isDown = false;
    const { value } = await requireService(environment.coordinator, 's');
    await environment.coordinator.set(
      paths.service('s'),
      JSON.stringify({ ...value, change: 'looked at again' }),
    );
    const watcher = world.watcherOf(0);
    await watcher.pass();
    assert.equal(world.announced.length, 1);
    assert.deepEqual((await stored())?.value.announced, [world.announced[0]?.id]);
    await environment.coordinator.remove(paths.watcherFingerprint('s'));
    await watcher.pass();
    assert.deepEqual(
      world.announced.map(({ id }) => id),
      [world.announced[0]?.id, world.announced[0]?.id],
    );
    assert.equal(tried.length, 3);
  });

  it('what was told of a service goes with it', async () => {
    const { world } = at;
    const environment = await withNewer({ mode: 'notify' });
    const { coordinator } = environment;
    const watcher = await world.watch([environment]);
    const node = await coordinator.get(paths.watcherFingerprint('s'));
    assert.ok(parseEntity(paths.watcherFingerprint('s'), watcherFingerprintSchema, node));
    for (const name of (await coordinator.children(paths.service('s'))) ?? [])
      await coordinator.remove(`${paths.service('s')}/${name}`);
    await coordinator.remove(paths.service('s'));
    await watcher.pass();
    assert.equal(await coordinator.get(paths.watcherFingerprint('s')), undefined);
    assert.deepEqual(await coordinator.children(paths.watcherRepositories), []);
  });
});
