import assert from 'node:assert/strict';
import { upgradeService } from '../../control/upgrade/upgrade.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { Environment } from '../../state/environments/environment.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import type { Rollout } from '../../state/model/rollout.js';
import { requireService } from '../../state/model/services.js';
import { openStorage } from '../../state/storage/open.js';
import { useWatchedWorld } from '../watcher/watched-world.js';

const NOON = '2026-01-01T12:00:00.000Z';

describe('of what somebody upgrades a service to that upgrades by itself', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();

  /** A service `s` of revision 1, whose repository has revision 2. */
  async function withNewer(): Promise<Environment & { readonly coordinator: Coordinator }> {
    const { world } = at;
    const environment = await world.environment();
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('one/f-2', 'f', 2);
    await world.service(environment.coordinator, 's', id, world.path('one'), { mode: 'auto' });
    return environment;
  }

  it('nobody is told', async () => {
    const environment = await withNewer();
    const { coordinator } = environment;
    const session = { environment, coordinator, storage: () => openStorage(environment.storage) };
    await at.world.watch([environment], {
      before: async () => {
        const by = { requestedAt: NOON, by: 'ann@a' };
        const request = { service: 's', revision: 2, force: false, revertOnError: false, by };
        await upgradeService(session, request, Date.parse(NOON), () => undefined);
      },
    });
    assert.equal((await requireService(coordinator, 's')).value.formula, 'r:f-2');
    assert.deepEqual(at.world.announced, []);
  });

  it('nobody is told while a clone of it is tried, and all are where that comes to nothing', async () => {
    const { coordinator, ...environment } = await withNewer();
    const rollout: Rollout = {
      id: '1',
      life: '1',
      from: 'r:f-1',
      to: 'r:f-2',
      revertTo: 'r:f-1',
      by: 'ann@a',
      requestedAt: NOON,
      parameters: { strategy: 'clone' },
      state: 'running',
      stateSince: NOON,
      countedFrom: NOON,
      clone: { service: 's-2' },
    };
    await coordinator.create(paths.rollout('s'), nodeValue(rollout));
    const watcher = await at.world.watch([environment]);
    assert.deepEqual(at.world.announced, []);
    await coordinator.set(paths.rollout('s'), nodeValue({ ...rollout, state: 'aborted' }));
    await watcher.pass();
    assert.deepEqual(
      at.world.announced.map(({ eligible, did }) => [eligible, did]),
      [[2, 'auto']],
    );
    assert.equal((await requireService(coordinator, 's')).value.formula, 'r:f-1');
  });
});
