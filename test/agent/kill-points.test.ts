import assert from 'node:assert/strict';
import { access, readdir, readFile, readlink } from 'node:fs/promises';
import { openJournal } from '../../agent/journal/journal.js';
import type { UnitRecord } from '../../agent/journal/record.js';
import { paths } from '../../state/model/paths.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { eventually } from '../eventually.js';
import { chooseSeed, seeded } from '../random.js';
import { goTo, publishPeers } from './peers-world.js';
import { useBundle } from '../use-bundle.js';
import { requester, World } from './world.js';

/** What happens to a unit while its agent may die, and how it must look afterwards. */
interface Scenario {
  readonly name: string;
  /** How many of the moments there are a run tries; `$KILL_POINTS=all` tries every one. */
  readonly sample: number;
  happen(world: World): Promise<void>;
  check(world: World): Promise<void>;
}

/** How many lives go beside each other, each in a world of its own: they mostly wait for processes. */
const BESIDE = 2;

const LIVED = ['install 1', 'config-changed 1', 'start 1'];

async function journal(world: World): Promise<readonly UnitRecord[]> {
  const opened = openJournal(world.path('machines', 'm0', 'journal'));
  const records = opened.load().units;
  await opened.close();
  return records;
}

async function assertUpgraded(world: World, trace: readonly string[]): Promise<void> {
  assert.deepEqual(await world.trace(), trace, 'each hook ran as often as it should');
  assert.equal(await readFile(world.unitPath('f/0', 'data', 'book'), 'utf8'), 'ours\n');
  const { unit, status } = await world.unit();
  assert.deepEqual([unit.ports, status.message], [['80/tcp'], '']);
  const [record] = await journal(world);
  assert.deepEqual(
    [record?.state, record?.formula?.id, record?.earlier[0]?.id],
    ['started', 'world:f-2', 'world:f-1'],
  );
  assert.equal(await readlink(world.unitPath('f/0', 'formula')), `.formula/${record?.formula?.directory}`);
  // What is left over is removed when the agent has nothing else to do.
  await eventually(async () => {
    const kept = await readdir(world.unitPath('f/0', '.formula'));
    assert.equal(kept.length, 4, `two formulas, each with its manifest: ${kept}`);
  });
}

async function deploy(world: World): Promise<string> {
  const install = 'echo ours >"$ENSEMBLE_DATA_DIR/book"; open-port 80/tcp';
  const one = await world.publish(1, { hooks: { install } });
  await world.deploy(one);
  await world.untilOn(one);
  return one;
}

const scenarios: readonly Scenario[] = [
  {
    name: 'deployed and upgraded',
    sample: 8,
    async happen(world) {
      await deploy(world);
      const two = await world.publish(2);
      await world.upgrade(two);
      await world.untilOn(two);
    },
    check: (world) => assertUpgraded(world, [...LIVED, 'upgrade-formula 2', 'config-changed 2']),
  },
  {
    name: 'whose upgrade fails and is retried',
    sample: 6,
    async happen(world) {
      await deploy(world);
      const two = await world.publish(2, { hooks: { 'upgrade-formula': '[ -e "$TRACE/gate-mended" ]' } });
      await world.upgrade(two);
      await world.until('upgrade-error');
      await world.openGate('mended');
      await requestResolved(world.coordinator, 'f/0', true, requester);
      await world.untilOn(two);
    },
    check: (world) =>
      assertUpgraded(world, [...LIVED, 'upgrade-formula 2', 'upgrade-formula 2', 'config-changed 2']),
  },
  {
    name: 'whose upgrade drops its peers and adds others',
    sample: 6,
    async happen(world) {
      const one = await publishPeers(world, 1, ['ring']);
      const two = await publishPeers(world, 2, ['web']);
      await world.deploy(one, 2);
      for (const unit of ['f/0', 'f/1'])
        await eventually(async () => assert.equal((await world.trace(unit)).length, 5), 60_000);
      for (const unit of ['f/0', 'f/1']) {
        await goTo(world, two, [unit]);
        await world.untilOn(two, unit);
      }
      for (const unit of ['f/0', 'f/1'])
        await eventually(async () =>
          assert.equal((await world.trace(unit)).at(-1), 'web-relation-changed 2'),
        );
      await eventually(async () =>
        assert.deepEqual(await world.coordinator.children(paths.serviceRelations('f')), ['1']),
      );
      // The last hook noted that it ran, and ends.
      await eventually(async () => assert.deepEqual(await world.runs(), []), 60_000);
    },
    async check(world) {
      const met = (name: string, revision: number): readonly string[] =>
        ['joined', 'changed'].map((event) => `${name}-relation-${event} ${revision}`);
      const upgraded = ['upgrade-formula 2', 'config-changed 2', ...met('web', 2)];
      const left = ['ring-relation-departed 1', 'ring-relation-broken 1'];
      for (const unit of ['f/0', 'f/1'])
        assert.deepEqual(await world.trace(unit), [...LIVED, ...met('ring', 1), ...left, ...upgraded], unit);
      assert.deepEqual(
        (await journal(world)).map(({ leavingFor }) => leavingFor ?? null),
        [null, null],
      );
    },
  },
  {
    name: 'destroyed',
    sample: 6,
    async happen(world) {
      await deploy(world);
      await destroyService(world.coordinator, 'f', requester);
      await eventually(async () => {
        assert.equal(await world.coordinator.get(paths.service('f')), undefined);
        assert.deepEqual(await journal(world), []);
      }, 60_000);
    },
    async check(world) {
      assert.deepEqual(await world.trace(), [...LIVED, 'stop 1']);
      await assert.rejects(access(world.unitPath('f/0')));
      assert.deepEqual(await world.coordinator.children(paths.units), []);
      assert.deepEqual(await world.coordinator.children(paths.machineUnits('m0')), []);
    },
  },
];

const killable = useBundle('test/agent/kill-at.js', 'agent/main.js');

/** Lets it happen under an agent that dies at `death`, followed by one that lives. @returns the effects counted */
async function live(scenario: Scenario, world: World, death: string): Promise<number> {
  const mortal = await world.agentProcess('m0', { up: false, death, program: killable.program });
  let over = false;
  const followed = mortal.ended().then(async () => {
    if (!over) await world.agentProcess('m0', { up: false });
  });
  await scenario.happen(world);
  over = true;
  await mortal.kill('SIGTERM');
  await followed;
  await scenario.check(world);
  assert.deepEqual(await world.runs(), [], 'no run is left over');
  return Number(/effects: (\d+)/.exec(mortal.stderr())?.[1]);
}

/** The same in a world of its own. */
async function liveOnce(scenario: Scenario, death: string): Promise<number> {
  const world = await World.open();
  try {
    return await live(scenario, world, death);
  } finally {
    await world.close();
  }
}

describe('an agent killed at one of its durable effects leaves a unit as an undisturbed one does', () => {
  for (const scenario of scenarios) {
    const seed = chooseSeed();
    it(`${scenario.name} (SEED=${seed})`, async function () {
      const total = await liveOnce(scenario, '0 never');
      assert.ok(total > 40, `${total} effects were counted`);
      const moments = Array.from({ length: total }, (_, index) => [
        `${index + 1} before`,
        `${index + 1} after`,
      ]).flat();
      const random = seeded(seed);
      const sample = Array.from({ length: scenario.sample }, () => Math.trunc(random() * moments.length));
      const chosen =
        process.env.KILL_POINTS === 'all' ? moments : sample.map((index) => moments[index] ?? '');
      // Each waits at most 30 s for the next thing to happen, and a few things happen in each.
      this.timeout(chosen.length * 60_000);
      const broken: string[] = [];
      const waiting = [...chosen];
      const liveThem = async (): Promise<void> => {
        for (let death = waiting.shift(); death !== undefined; death = waiting.shift()) {
          const each = death;
          await liveOnce(scenario, each).catch((error: Error) =>
            broken.push(`KILL_AT="${each}": ${error.message}`),
          );
        }
      };
      await Promise.all(Array.from({ length: BESIDE }, liveThem));
      assert.deepEqual(broken, [], `of ${chosen.length} moments`);
    });
  }
});
