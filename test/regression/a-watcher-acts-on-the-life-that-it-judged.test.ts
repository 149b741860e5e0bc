import assert from 'node:assert/strict';
import { destroyService } from '../../control/remove/destroy-service.js';
import { pauseWatching } from '../../control/watching/pause.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { writeIndex } from '../../state/formula/repositories/write-index.js';
import type { Environment } from '../../state/environments/environment.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { readRollout } from '../../state/model/rollout.js';
import { requireService } from '../../state/model/services.js';
import type { WrittenPolicy } from '../../state/model/upgrade-policy.js';
import { watcherFingerprintSchema } from '../../state/model/watcher.js';
import { filesOf, WebServer } from '../servers/web-server.js';
import { useWatchedWorld } from '../watcher/watched-world.js';

type Watched = Environment & { readonly coordinator: Coordinator };

/** What happens to the service in the middle of a look at it. */
interface Change {
  readonly title: string;
  apply(environment: Watched): Promise<void>;
  /** How the service is from then on. */
  readonly left: { readonly mode: string; readonly repository: 'other' | 'web' };
}

const BY = { requestedAt: '2026-01-01T00:00:00Z', by: 'ann@a' };

describe('a watcher acts on the life of a service that it judged', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();
  let server: WebServer;

  beforeEach(async () => {
    server = await WebServer.start(filesOf(at.world.path('web')));
  });
  afterEach(() => server.stop());

  /** A service `s` of revision 1 that upgrades by itself; its repository, and the one in `other`, have revision 2. */
  async function withNewer(policy: WrittenPolicy = { mode: 'auto' }): Promise<Watched> {
    const { world } = at;
    const environment = await world.environment();
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('web/f-2', 'f', 2);
    await writeIndex(world.path('web'), { withdraw: [], restore: [] }, world.path('work'), 0);
    await world.formula('other/f-2', 'f', 2);
    await world.service(environment.coordinator, 's', id, server.url, policy);
    return environment;
  }

  async function anotherLife({ coordinator }: Watched, policy: WrittenPolicy, place: string): Promise<void> {
    await destroyService(coordinator, 's', BY);
    await at.world.service(coordinator, 's', 'r:f-1', place, policy);
  }

  const changes: readonly Change[] = [
    {
      title: 'that is another one of its name by now',
      apply: (environment) => anotherLife(environment, { mode: 'notify' }, at.world.path('other')),
      left: { mode: 'notify', repository: 'other' },
    },
    {
      title: 'whose policy is off by now',
      apply: ({ coordinator }) => at.world.policy(coordinator, 's', { mode: 'off' }),
      left: { mode: 'off', repository: 'web' },
    },
    {
      title: 'in an environment in which it was paused',
      apply: async ({ coordinator }) => void (await pauseWatching(coordinator, undefined, BY)),
      left: { mode: 'auto', repository: 'web' },
    },
  ];

  async function isLeftAlone({ coordinator }: Watched, { left }: Change): Promise<void> {
    const { value } = await requireService(coordinator, 's');
    const place = left.repository === 'web' ? server.url : at.world.path('other');
    assert.deepEqual([value.formula, value.policy?.mode, value.repository.path], ['r:f-1', left.mode, place]);
    assert.equal(await readRollout(coordinator, 's'), undefined);
    assert.deepEqual(
      at.world.reports.filter(({ outcome }) => outcome === 'failed'),
      [],
    );
  }

  for (const change of changes) {
    it(`begins nothing for a service ${change.title}, while its repository is asked`, async () => {
      const environment = await withNewer();
      const answer = server.answering;
      let isOver = false;
      server.answering = async (request, response) => {
        if (!isOver) await change.apply(environment);
        isOver = true;
        await answer(request, response);
      };
      await at.world.watch([environment]);
      assert.equal(isOver, true);
      await isLeftAlone(environment, change);
      assert.deepEqual(at.world.announced, [], 'and tells nobody');
    });

    it(`begins nothing for a service ${change.title}, while others are told`, async () => {
      const environment = await withNewer();
      at.world.receiving = async () => {
        at.world.receiving = async () => undefined;
        await change.apply(environment);
      };
      await at.world.watch([environment]);
      await isLeftAlone(environment, change);
    });
  }

  it('looks at it anew at once, as it is now', async () => {
    const environment = await withNewer();
    const { coordinator } = environment;
    at.world.receiving = async () => {
      at.world.receiving = async () => undefined;
      await anotherLife(environment, { mode: 'stage' }, server.url);
    };
    await at.world.watch([environment]);
    const { value } = await requireService(coordinator, 's');
    assert.deepEqual([value.formula, value.prefetch], ['r:f-1', 'r:f-2']);
    assert.deepEqual(
      at.world.announced.map(({ did }) => did),
      ['auto', 'stage'],
    );
  });

  it('takes nothing that was done for an earlier service of that name for done', async () => {
    const environment = await withNewer();
    const { coordinator } = environment;
    const watcher = await at.world.watch([environment]);
    assert.equal((await requireService(coordinator, 's')).value.formula, 'r:f-2');
    await anotherLife(environment, { mode: 'auto' }, server.url);
    await watcher.pass();
    assert.equal((await requireService(coordinator, 's')).value.formula, 'r:f-2');
    const [first, second, ...more] = at.world.announced.map(({ id }) => id);
    assert.deepEqual([first === second, more], [false, []], 'the other one is told of too');
    const path = paths.watcherFingerprint('s');
    const stored = await readEntity(coordinator, path, watcherFingerprintSchema);
    assert.equal(stored?.value.incarnation, (await requireService(coordinator, 's')).value.incarnation);
  });
});
