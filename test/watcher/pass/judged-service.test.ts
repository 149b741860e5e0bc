import assert from 'node:assert/strict';
import type { Session } from '../../../control/session.js';
import { pauseWatching } from '../../../control/watching/pause.js';
import { setWatcherState } from '../../../control/watching/watcher-state.js';
import { VersionConflict } from '../../../state/coordination/errors.js';
import { nodeValue } from '../../../state/model/entity.js';
import { paths } from '../../../state/model/paths.js';
import type { Service } from '../../../state/model/service-schemas.js';
import { editService, requireService } from '../../../state/model/services.js';
import { ensureWatcherNodes } from '../../../state/model/watcher.js';
import { queueDeliveries } from '../../../state/model/watcher-deliveries.js';
import { JudgedService, NotAsJudged } from '../../../watcher/pass/judged-service.js';
import { useWatchedWorld } from '../watched-world.js';

const PATH = paths.service('s');
const NOTE = '/watcher/note';

describe('a service as it was judged', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();

  async function judged() {
    const environment = await at.world.environment();
    const { coordinator } = environment;
    await ensureWatcherNodes(coordinator);
    await at.world.service(coordinator, 's', 'r:f-1', 'repository', { mode: 'auto' });
    const { value: service, version } = await requireService(coordinator, 's');
    const session: Session = {
      environment,
      coordinator,
      choice: '',
      storage: () => Promise.reject(new Error('no storage')),
    };
    const own = new JudgedService(session, { name: 's', service, version, place: 'repository' });
    const change = (more: Partial<Service>) =>
      editService(coordinator, 's', (before) => ({ ...before, ...more }));
    return { coordinator, own, through: own.session.coordinator, change };
  }

  const others: Readonly<Record<string, Partial<Service>>> = {
    'another life': { incarnation: 'another' },
    'another formula': { formula: 'r:f-2' },
    'another repository': { repository: { name: 'r', path: 'elsewhere' } },
    'another policy': { policy: { mode: 'off' } },
    'another window': { policy: { mode: 'auto', windows: ['Sat 02:00-06:00'] } },
    'one that goes': { destroying: true },
  };
  for (const [title, other] of Object.entries(others))
    it(`is refused as ${title}: it is not read, nor is anything written`, async () => {
      const { coordinator, own, through, change } = await judged();
      await change(other);
      await assert.rejects(own.verify(), NotAsJudged);
      await assert.rejects(requireService(through, 's'), NotAsJudged);
      await assert.rejects(through.getMany(['/layout', PATH]), NotAsJudged);
      await assert.rejects(through.create(NOTE, '{}'), NotAsJudged);
      await assert.rejects(through.transaction([{ kind: 'create', path: NOTE, value: '{}' }]), NotAsJudged);
      assert.equal(await coordinator.get(NOTE), undefined);
    });

  it('is written for while something else of it changes', async () => {
    const { coordinator, through, change } = await judged();
    await change({ nextUnit: 7 });
    await through.create(NOTE, '{}');
    assert.ok(await coordinator.get(NOTE));
    assert.equal((await requireService(through, 's')).value.nextUnit, 7);
  });

  it('has its node set by whoever read it last, and goes on with the formula that was set so', async () => {
    const { coordinator, through, change } = await judged();
    const { value, version } = await requireService(through, 's');
    await change({ nextUnit: 7 });
    const next = nodeValue({ ...value, formula: 'r:f-2' });
    await assert.rejects(through.set(PATH, next, version), VersionConflict);
    await through.set(PATH, next, version + 1);
    await through.create(NOTE, '{}');
    assert.ok(await coordinator.get(NOTE));
    assert.equal((await requireService(through, 's')).value.formula, 'r:f-2');
  });

  it('has nothing put in line nor written once the watcher is paused, also where it was not a moment ago', async () => {
    const { coordinator, own, through } = await judged();
    await own.verify();
    const by = { requestedAt: '2026-01-01T00:00:00Z', by: 'ann@a' };
    await pauseWatching(coordinator, undefined, by);
    const announcement = { id: 'a', environment: 'e', service: 's' };
    const isPaused = { constructor: NotAsJudged, isPaused: true };
    await assert.rejects(
      queueDeliveries({ coordinator: through }, announcement, ['log'], by.requestedAt),
      isPaused,
    );
    await assert.rejects(through.create(NOTE, '{}'), isPaused);
    const { version } = await requireService(coordinator, 's');
    await assert.rejects(
      through.transaction([{ kind: 'remove', path: PATH, version }]),
      isPaused,
      'nor by who checks the service itself',
    );
    assert.deepEqual(await coordinator.children(paths.watcherDeliveries), []);
    assert.equal(await coordinator.get(NOTE), undefined);
  });

  it('is written for while the watcher notes its passes', async () => {
    const { coordinator, own, through } = await judged();
    await own.verify();
    await setWatcherState(coordinator, [], { lastPassMs: 1 });
    await through.create(NOTE, '{}');
    assert.ok(await coordinator.get(NOTE));
  });
});
