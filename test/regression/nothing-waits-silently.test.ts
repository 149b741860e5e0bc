import assert from 'node:assert/strict';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { startZookeeper } from '../servers/zookeeper.js';

/** Pauses of up to a minute pass in no time; the time limits of hooks are longer. */
const hurried: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  after: (ms, act) => systemClock.after(ms > 200 && ms <= 60_000 ? ms / 50 : ms, act),
};

describe('a unit that waits says what for', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const says = (unit: string, message: RegExp): Promise<void> =>
    eventually(async () => assert.match((await world.unit(unit)).status.message, message));

  it('where as many hooks run on its machine as may', async () => {
    const formula = await world.publish(1, { hooks: { start: 'gate start' } });
    await world.agent({ hookConcurrency: 1, clock: hurried });
    await world.deploy(formula, 2);
    await eventually(async () => {
      const messages = [(await world.unit('f/0')).status.message, (await world.unit('f/1')).status.message];
      assert.match(
        messages.join(),
        /hook [a-z-]+ waits until another one on this machine ends: 1 may run at once \(--hook-concurrency\)/,
      );
    });
    await world.openGate('start');
    for (const unit of ['f/0', 'f/1']) {
      await world.until('started', unit);
      await says(unit, /^$/);
    }
  });

  it('where its service is not in the state, as after it was deleted by hand', async () => {
    const formula = await world.publish(1);
    await world.deploy(formula);
    await world.coordinator.remove(paths.config('f'));
    await world.agent({ clock: hurried });
    await says('f/0', /^waits for its service: the state does not tell \/services\/f and its config$/);
    await world.coordinator.create(paths.config('f'), nodeValue({}));
    await world.untilOn(formula);
    await says('f/0', /^$/);
  });

  for (const [what, point, state] of [
    ['where the journal cannot be written', 'starting.journal.before', undefined],
    ['where what it leaves on the disk or in the state cannot be removed', 'stopped.disk.before', 'removal'],
    ['where it cannot be said in a relation that it is there', 'relation.join.before', 'relation'],
    ['where its upgrade cannot be committed', 'committing.tree.before', 'upgrade'],
  ] as const)
    it(what, async () => {
      const metadata = (revision: number): string => `name: f\nrevision: ${revision}\npeers: {ring: thing}\n`;
      const formula = await world.publish(1, { files: { 'metadata.yaml': metadata(1) } });
      await world.agentProcess('m0', {
        variables: {
          ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
          ENSEMBLE_FAULTS: `${point}=enospc:always`,
        },
      });
      await world.deploy(formula);
      if (state !== undefined) await world.until('started');
      if (state === 'removal') await requestRemoval(world.coordinator, ['f/0'], requester);
      if (state === 'upgrade')
        await world.upgrade(await world.publish(2, { files: { 'metadata.yaml': metadata(2) } }));
      await eventually(async () => {
        const { status } = await world.unit();
        const { message, state: of } = status.relations?.['ring:0'] ?? {};
        assert.match(
          state === 'relation' ? `${of} ${message}` : status.message,
          /the disk is full; next: make room on the disk of /,
        );
        if (state === 'relation') assert.equal(of, 'down');
      });
    });
});

describe('what is observed and must not be read', function () {
  this.timeout(120_000);

  it('is told of once, by its path, and seen as soon as it may be', async () => {
    const server = await startZookeeper();
    try {
      const url = `zookeeper://${server.address}`;
      const owner = await openCoordinator(url, { secret: 'of-another-environment' });
      await owner.create('/closed', 'one');
      const refused: string[] = [];
      let seen: string | undefined;
      const stranger = await openCoordinator(url, {
        clock: hurried,
        refused: (error) => refused.push(error.message),
      });
      stranger.observe('/closed', (node) => {
        seen = node?.value;
      });
      await eventually(() => assert.match(refused.join(), /refuses access to \/closed$/));
      await owner.remove('/closed');
      await stranger.create('/closed', 'two');
      await eventually(() => assert.equal(seen, 'two'));
      assert.equal(refused.length, 1, refused.join());
      await stranger.close();
      await owner.close();
    } finally {
      await server.stop();
    }
  });
});
