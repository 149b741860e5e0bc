import assert from 'node:assert/strict';
import { type FollowEnd, followUnits } from '../../control/progress/follow.js';
import type { Standing } from '../../control/progress/standing.js';
import type { Goal } from '../../control/progress/goal.js';
import { exitCodeOf, summarize } from '../../cli/follow/summary.js';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import { newChangeId } from '../../state/model/conflict.js';
import { removeTree } from '../../control/remove/remove-environment.js';
import { forceUnitsOut } from '../../control/remove/force-out.js';
import { removeLostMachines } from '../../control/remove/remove-machines.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { flagUnits } from '../../control/upgrade/flag-units.js';
import { revertService, revertUnit } from '../../control/upgrade/revert.js';
import { editService } from '../../state/model/services.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { requestAbort } from '../../control/unit/abort.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const [one, two, three] = ['world:f-1', 'world:f-2', 'world:f-3'] as const;

/** Patience is for people; here it is a twentieth. */
const hasty: Clock = { ...systemClock, after: (ms, callback) => systemClock.after(ms / 20, callback) };

interface Meanwhile {
  readonly name: string;
  act(world: World): Promise<unknown>;
  /** What the following of each goal comes to. */
  readonly started: Standing | readonly Standing[];
  readonly upgraded: Standing | readonly Standing[];
  readonly configured: Standing | readonly Standing[];
}

/** It gets there before it goes; whoever follows may see it or not. */
const either: readonly Standing[] = ['done', 'gone'];

/** Its machine is lost: nobody does anything for the unit any more. */
async function lose(world: World): Promise<void> {
  await world.stopAgents();
  await world.coordinator.remove(paths.agent('m0'));
}

/** What others may do to what is followed. */
const meanwhile: readonly Meanwhile[] = [
  { name: 'nothing', act: async () => undefined, started: 'done', upgraded: 'done', configured: 'done' },
  {
    name: 'the service is upgraded',
    act: (world) => world.upgrade(three),
    started: 'done',
    upgraded: 'overtaken',
    configured: 'done',
  },
  {
    name: 'the service is reverted',
    act: (world) => revertService(world.coordinator, 'f', requester),
    started: 'done',
    upgraded: 'called-off',
    configured: 'done',
  },
  {
    name: 'the service is destroyed',
    act: (world) => destroyService(world.coordinator, 'f', requester),
    started: either,
    upgraded: either,
    configured: either,
  },
  {
    name: 'the unit is removed',
    act: (world) =>
      requestRemoval(world.coordinator, ['f/0'], requester, () => ({
        id: 'x',
        at: requester.requestedAt,
        what: 'remove-unit',
        outcome: 'asked',
      })),
    started: either,
    upgraded: either,
    configured: either,
  },
  {
    name: 'the unit is removed by force',
    async act(world) {
      await lose(world);
      await forceUnitsOut(world.coordinator, ['f/0'], requester);
    },
    started: 'gone',
    upgraded: 'gone',
    configured: 'gone',
  },
  {
    name: 'the service is deployed anew under its name',
    async act(world) {
      await lose(world);
      await forceUnitsOut(world.coordinator, ['f/0'], requester);
      await destroyService(world.coordinator, 'f', requester);
      await world.deploy(one);
      await world.agent();
    },
    started: 'gone',
    upgraded: 'gone',
    configured: 'gone',
  },
  {
    name: 'its config is set again',
    act: (world) => setConfigValues(world.coordinator, 'f', { title: 'c' }),
    started: 'done',
    upgraded: 'done',
    configured: 'done',
  },
  {
    name: 'its config is set back to what it was',
    act: (world) => setConfigValues(world.coordinator, 'f', { title: undefined }),
    started: 'done',
    upgraded: 'done',
    configured: 'done',
  },
  {
    name: 'its config is set to what fails',
    act: (world) => setConfigValues(world.coordinator, 'f', { title: 'bad' }),
    started: 'done',
    upgraded: 'done',
    configured: ['done', 'failed'],
  },
  {
    name: 'the hook that runs is aborted',
    act: async (world) => {
      await eventually(async () => assert.ok((await world.unit()).status.hook));
      await requestAbort(world.coordinator, 'f/0', requester);
      await eventually(async () => assert.match((await world.unit()).status.state, /-error$/));
    },
    started: 'failed',
    upgraded: 'failed',
    configured: 'failed',
  },
  {
    name: 'the hook that runs is aborted, and that is resolved',
    act: async (world) => {
      await eventually(async () => assert.ok((await world.unit()).status.hook));
      await requestAbort(world.coordinator, 'f/0', requester);
      await eventually(async () => assert.match((await world.unit()).status.state, /-error$/));
      await requestResolved(world.coordinator, 'f/0', false, requester);
      await world.until('started');
    },
    started: ['done', 'failed'],
    upgraded: ['done', 'failed'],
    configured: ['done', 'failed'],
  },
  {
    name: 'the unit is had to go back, and fails on that way',
    async act(world) {
      await world.publish(9, { hooks: { 'revert-formula': 'exit 1' } });
      const back = { ...requester, to: 'world:f-9', force: true, revert: true };
      await flagUnits(world.coordinator, ['f/0'], back);
    },
    started: ['done', 'failed'],
    upgraded: 'failed',
    configured: ['done', 'failed'],
  },
  {
    name: 'its machine is removed',
    async act(world) {
      await lose(world);
      await removeLostMachines(world.coordinator, ['m0'], requester);
    },
    started: 'gone',
    upgraded: 'gone',
    configured: 'gone',
  },
  {
    name: 'its agent goes down',
    act: lose,
    started: 'offline',
    upgraded: 'offline',
    configured: 'offline',
  },
  {
    name: 'the environment is destroyed',
    async act(world) {
      await world.stopAgents();
      await removeTree(world.coordinator);
    },
    started: 'gone',
    upgraded: 'gone',
    configured: 'gone',
  },
];

/** A follows `upgrade-formula`, and B reverts meanwhile: A waited for ever. */
describe('a command that follows comes to its end', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    await world.publish(1, {
      config: 'options:\n  title: {type: string, default: a}\n',
      hooks: { 'config-changed': 'case "$(config-get title)" in b) gate go;; bad) exit 1;; esac' },
    });
    await world.publish(2, { hooks: { install: 'gate go', 'upgrade-formula': 'gate go' } });
    await world.publish(3);
    await world.agent();
  });
  afterEach(() => world.close());

  const follow = (goal: Goal): Promise<FollowEnd> =>
    followUnits(
      { coordinator: world.coordinator, clock: hasty },
      goal,
      ['f/0'],
      { show: () => undefined, end: () => undefined },
      { timeout: 400_000, interrupt: new AbortController().signal },
    );

  const goals = {
    /** A unit of a service that was upgraded before is being installed. */
    async started(): Promise<Goal> {
      await world.deploy(two, 1);
      const edit = (change: object) =>
        editService(world.coordinator, 'f', (service) => ({ ...service, ...change, change: newChangeId() }));
      await edit({ previous: one });
      await eventually(async () => assert.deepEqual(await world.trace(), ['install 2']));
      return { service: 'f', kind: 'started', formula: two, forced: new Map() };
    },
    /** A unit is in its upgrade hook. */
    async upgraded(): Promise<Goal> {
      await world.deploy(one);
      await world.untilOn(one);
      await editService(world.coordinator, 'f', (service) => ({
        ...service,
        formula: two,
        previous: one,
        change: newChangeId(),
      }));
      await world.upgrade(two);
      await eventually(async () => assert.equal((await world.trace()).at(-1), 'upgrade-formula 2'));
      return { service: 'f', kind: 'upgraded', formula: two, forced: new Map() };
    },
    /** A unit of a service that was another formula before is in `config-changed` for what was set. */
    async configured(): Promise<Goal> {
      await world.deploy(one);
      await world.untilOn(one);
      await editService(world.coordinator, 'f', (service) => ({
        ...service,
        previous: three,
        change: newChangeId(),
      }));
      const { version } = await setConfigValues(world.coordinator, 'f', { title: 'b' });
      await eventually(async () => assert.equal((await world.unit()).status.state, 'configuring'));
      return { service: 'f', kind: 'configured', version, formula: one, forced: new Map() };
    },
  };

  for (const kind of ['started', 'upgraded', 'configured'] as const)
    for (const { name, act, ...ends } of meanwhile)
      it(`${kind}, and ${name}: ${[ends[kind]].flat().join(' or ')}`, async () => {
        const goal = await goals[kind]();
        const ended = follow(goal);
        await act(world);
        await world.openGate('go');
        const end = await ended;
        const expected = [ends[kind]].flat();
        const [standing = 'under-way'] = end.rows.map((row) => row.standing);
        assert.equal(end.why, 'settled');
        assert.ok(expected.includes(standing), standing);
        const fine: readonly Standing[] = ['done', 'gone', 'overtaken'];
        assert.equal(exitCodeOf(end), fine.includes(standing) ? 0 : 1);
        assert.ok(summarize(goal, end, 1, () => 'ensemble-agent').length > 0);
      });

  it('gone back to what a unit failed to upgrade to: it is told as failed, with its way out', async () => {
    await world.publish(5, { hooks: { 'upgrade-formula': 'exit 1' } });
    await world.deploy(one);
    await world.untilOn(one);
    await world.upgrade('world:f-5');
    const { since } = (await world.until('upgrade-error')).status;
    // The service went on to another formula meanwhile, without this unit.
    await editService(world.coordinator, 'f', (service) => ({
      ...service,
      formula: three,
      previous: 'world:f-5',
      change: newChangeId(),
    }));
    await revertService(world.coordinator, 'f', requester);
    const forced = new Map([['f/0', since]]);
    const goal = { service: 'f', kind: 'upgraded', back: true, formula: 'world:f-5', forced } as const;
    const end = await follow(goal);
    assert.equal(exitCodeOf(end), 1);
    assert.equal(end.why, 'settled');
    const said = summarize(goal, end, 1, () => 'ensemble-agent').join('\n');
    assert.match(said, /\nf\/0 failed: upgrade-error.*\n {2}try: .*ensemble resolved --retry f\/0/);
    assert.doesNotMatch(said, /somebody had it go back/);
  });

  /** Somebody has the service go back to the first formula, and its rollout asks the unit. */
  const goBack = async (): Promise<void> => {
    await editService(world.coordinator, 'f', (service) => ({
      ...service,
      formula: one,
      change: newChangeId(),
    }));
    await flagUnits(world.coordinator, ['f/0'], { ...requester, to: one, force: true, revert: true });
  };

  const interrupted = async (goal: Goal, act: () => Promise<unknown>): Promise<string> => {
    const interrupt = new AbortController();
    const ended = followUnits(
      { coordinator: world.coordinator, clock: hasty },
      goal,
      ['f/0'],
      {
        show: ([row]) => {
          if (row?.heading === (goal.back ? goal.formula : one)) interrupt.abort();
        },
        end: () => undefined,
      },
      { timeout: 400_000, interrupt: interrupt.signal },
    );
    await act();
    const end = await ended;
    assert.equal(end.why, 'interrupted');
    return summarize(goal, end, 1, () => 'ensemble-agent').join('\n');
  };

  it('interrupted after somebody reverted: it is not said that the upgrade goes on', async () => {
    const goal = await goals.upgraded();
    const said = await interrupted(goal, goBack);
    assert.match(said, /^stopped following; f\/0 is not asked to go to world:f-2\. .*ensemble status f$/m);
    assert.doesNotMatch(said, /goes on/);
  });

  it('interrupted in a revert: it goes on by itself, and is not to be repeated', async () => {
    await goals.upgraded();
    await goBack();
    const said = await interrupted(
      { service: 'f', kind: 'upgraded', back: true, formula: one, forced: new Map() },
      async () => undefined,
    );
    assert.match(said, /the revert goes on by itself, and is not to be repeated.*ensemble status f$/);
  });

  it('upgraded, prepared and not begun, and the unit alone is reverted: called-off', async () => {
    await world.publish(4, { hooks: { start: 'exit 1' } });
    await world.deploy('world:f-4');
    await world.until('start-error');
    await world.upgrade(two);
    const ended = follow({
      service: 'f',
      kind: 'upgraded',
      formula: two,
      forced: new Map([['f/0', (await world.unit()).status.since]]),
    });
    await eventually(async () => assert.equal((await world.unit()).status.upgrade?.step, 'waiting'));
    // B had the service go back to what the unit runs.
    await editService(world.coordinator, 'f', (service) => ({
      ...service,
      formula: 'world:f-4',
      change: newChangeId(),
    }));
    await assert.rejects(revertUnit(world.coordinator, 'f/0', requester), { code: 'nothing-to-revert' });
    const { rows, why } = await ended;
    assert.deepEqual([why, rows[0]?.standing, rows[0]?.formula], ['settled', 'called-off', 'world:f-4']);
  });
});
