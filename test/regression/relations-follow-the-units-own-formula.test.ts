import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { relationsOfService } from '../../state/model/relations.js';
import { requestRelationResolved, requestResolved } from '../../control/unit/resolve.js';
import { revertUnit } from '../../control/upgrade/revert.js';
import { goTo, noted, publishPeers } from '../agent/peers-world.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const ALL = ['f/0', 'f/1', 'f/2'];

/** The same, whichever of two units that start together was there first. */
function inOrder(lines: readonly string[]): readonly string[] {
  const isComing = (line: string): boolean => / ring-(joined|changed) /.test(line);
  const sorted: string[] = [];
  let coming: string[] = [];
  const flush = (): void => {
    const rank = (line: string): string => `${line.split(' ')[2]} ${line.includes('joined') ? 0 : 1}`;
    sorted.push(...coming.sort((a, b) => rank(a).localeCompare(rank(b))));
    coming = [];
  };
  for (const line of lines) {
    if (isComing(line)) coming.push(line.split(' ').slice(0, 3).join(' '));
    else {
      flush();
      sorted.push(line);
    }
  }
  flush();
  return sorted;
}

describe('a unit takes part in the relations that its own formula has', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const saw = (unit: string, lines: readonly string[]): Promise<void> =>
    eventually(async () => assert.deepEqual(inOrder(await noted(world, unit)), inOrder(lines)), 60_000);
  const relations = async (): Promise<readonly string[]> =>
    (await relationsOfService(world.coordinator, 'f')).map(({ value }) => value.endpoints[0]?.name ?? '');
  const joined = (revision: number, ...units: readonly string[]): readonly string[] =>
    units.flatMap((unit) => [`${revision} ring-joined ${unit}`, `${revision} ring-changed ${unit}`]);
  const allMet = async (): Promise<void> => {
    for (const unit of ALL)
      await eventually(async () => assert.equal((await noted(world, unit)).length, 4), 60_000);
  };
  /** Three units of a formula with peers, and one without that its service goes to. */
  async function ring(
    first: Readonly<Record<string, string>> = {},
    second: Readonly<Record<string, string>> = {},
  ): Promise<{ one: string; two: string }> {
    const one = await publishPeers(world, 1, ['ring'], first);
    const two = await publishPeers(world, 2, [], second);
    await world.deploy(one, 3);
    return { one, two };
  }
  const LEFT = [
    '1 ring-departed f/1 f/2',
    '1 ring-departed f/2',
    '1 ring-broken',
    '2 upgrade-formula',
  ] as const;

  it('joins those that an upgrade adds after its hook, and is told everyone who is there', async () => {
    const one = await publishPeers(world, 1, []);
    const two = await publishPeers(world, 2, ['ring']);
    await world.deploy(one, 3);
    await world.agent();
    for (const unit of ALL) await world.untilOn(one, unit);
    await goTo(world, two, ['f/0']);
    await world.untilOn(two, 'f/0');
    await saw('f/0', ['2 upgrade-formula']);
    await goTo(world, two, ['f/1']);
    await saw('f/1', ['2 upgrade-formula', ...joined(2, 'f/0')]);
    await goTo(world, two, ['f/2']);
    await saw('f/2', ['2 upgrade-formula', ...joined(2, 'f/0', 'f/1')]);
    await saw('f/0', ['2 upgrade-formula', ...joined(2, 'f/1', 'f/2')]);
    await saw('f/1', ['2 upgrade-formula', ...joined(2, 'f/0', 'f/2')]);
  });

  it('leaves those that an upgrade drops before it, which stand until the last unit has left', async () => {
    const { two } = await ring();
    await world.agent();
    await allMet();
    await goTo(world, two, ['f/0']);
    await world.untilOn(two, 'f/0');
    await saw('f/0', [...joined(1, 'f/1', 'f/2'), ...LEFT]);
    await saw('f/1', [...joined(1, 'f/0', 'f/2'), '1 ring-departed f/0 f/2']);
    assert.deepEqual(await relations(), ['ring'], 'it stands for those that have it');
    await goTo(world, two, ['f/1', 'f/2']);
    for (const unit of ['f/1', 'f/2']) await world.untilOn(two, unit);
    await eventually(async () => assert.deepEqual(await relations(), []));
    const last = (await noted(world, 'f/2')).slice(4);
    assert.deepEqual(
      last.map((line) => line.split(' ').slice(0, 2).join(' ')),
      ['1 ring-departed', '1 ring-departed', '1 ring-broken', '2 upgrade-formula'],
    );
  });

  it('runs on where a hook fails as it leaves, says so, and comes back where the upgrade is called off', async () => {
    const { one, two } = await ring({ 'ring-relation-broken': '[ -e "$TRACE/gate-mended" ] || exit 3' });
    await world.agent();
    await allMet();
    await goTo(world, two, ['f/0']);
    const blocked = async (): Promise<void> => {
      const { status } = await world.unit('f/0');
      assert.equal(status.state, 'started');
      assert.equal(status.upgrade?.step, 'waiting');
      assert.deepEqual(
        status.upgrade?.blockers?.map(({ reason }) => reason),
        [
          `relation ring:0, which ${two} lacks, is to be left first and is in error: ensemble resolved --retry f/0 ring:0`,
        ],
      );
    };
    await eventually(blocked, 30_000);
    await world.coordinator.remove(paths.upgrade('f/0'));
    await requestRelationResolved(world.coordinator, 'f/0', 'ring', false, requester);
    await saw('f/0', [...joined(1, 'f/1', 'f/2'), ...LEFT.slice(0, 3), ...joined(1, 'f/1', 'f/2')]);
    assert.equal((await world.unit('f/0')).unit.formula, one);

    await goTo(world, two, ['f/0']);
    await eventually(blocked, 30_000);
    await world.openGate('mended');
    await requestRelationResolved(world.coordinator, 'f/0', 'ring', true, requester);
    await world.untilOn(two, 'f/0');
    assert.deepEqual((await noted(world, 'f/0')).slice(-3), ['1 ring-broken', '1 ring-broken', LEFT[3]]);
  });

  it('leaves once, and goes on, where the agent is killed in between', async () => {
    const { two } = await ring({
      'ring-relation-departed': 'case $ENSEMBLE_UNIT_NAME in f/0) gate departed;; esac',
      'ring-relation-broken': 'case $ENSEMBLE_UNIT_NAME in f/0) gate broken;; esac',
    });
    let agent = await world.agentProcess();
    await allMet();
    await goTo(world, two, ['f/0']);
    const steps = [...LEFT];
    for (const [index, gate] of [
      [1, 'departed'],
      [3, 'broken'],
    ] as const) {
      await saw('f/0', [...joined(1, 'f/1', 'f/2'), ...steps.slice(0, index)]);
      await agent.kill();
      agent = await world.agentProcess();
      await world.openGate(gate);
    }
    await world.untilOn(two, 'f/0');
    await saw('f/0', [...joined(1, 'f/1', 'f/2'), ...LEFT]);
  });

  it('is back after an upgrade whose hook failed and that turned back by itself', async () => {
    const { one, two } = await ring({}, { 'upgrade-formula': 'exit 4' });
    await world.agent();
    await allMet();
    await goTo(world, two, ['f/0'], { revertOnError: true });
    await saw('f/0', [...joined(1, 'f/1', 'f/2'), ...LEFT, '1 revert-formula', ...joined(1, 'f/1', 'f/2')]);
    assert.equal((await world.unit('f/0')).unit.formula, one);
    assert.deepEqual(await relations(), ['ring']);
  });

  it('is in none of them in upgrade-error, and in those of the formula that it then goes to', async () => {
    const { one, two } = await ring({}, { 'upgrade-formula': '[ -e "$TRACE/gate-mended" ] || exit 4' });
    await world.agent();
    await allMet();
    await goTo(world, two, ['f/0', 'f/1']);
    for (const unit of ['f/0', 'f/1']) await world.until('upgrade-error', unit);
    assert.deepEqual((await world.unit('f/0')).status.relations, {});
    await saw('f/2', [...joined(1, 'f/0', 'f/1'), ...(await noted(world, 'f/2')).slice(4)]);
    await revertUnit(world.coordinator, 'f/0', requester);
    await world.until('started', 'f/0', one);
    await saw('f/0', [...joined(1, 'f/1', 'f/2'), ...LEFT, '1 revert-formula', ...joined(1, 'f/2')]);
    await world.openGate('mended');
    await requestResolved(world.coordinator, 'f/1', true, requester);
    await world.untilOn(two, 'f/1');
    assert.deepEqual((await noted(world, 'f/1')).slice(-2), [LEFT[3], LEFT[3]]);
  });

  it('leaves them from an error state too, where the upgrade is forced out of it', async () => {
    const one = await publishPeers(world, 1, ['ring']);
    const two = await publishPeers(world, 2, ['ring'], {
      'config-changed': 'exit 7',
      'ring-relation-departed': 'gate departed',
      'ring-relation-broken': '[ -e "$TRACE/gate-mended" ] || exit 3',
    });
    const three = await publishPeers(world, 3, []);
    await world.deploy(one, 3);
    const agent = await world.agentProcess();
    await allMet();
    await goTo(world, two, ['f/0']);
    await world.until('config-error', 'f/0');
    await goTo(world, three, ['f/0']);
    const met = [...joined(1, 'f/1', 'f/2'), '2 upgrade-formula'];
    await eventually(async () => {
      const { status } = await world.unit('f/0');
      assert.equal(status.upgrade?.blockers?.[0]?.reason, 'the unit is config-error');
    }, 60_000);
    await saw('f/0', met);
    await goTo(world, three, ['f/0'], { force: true });
    await saw('f/0', [...met, '2 ring-departed f/1 f/2']);
    await agent.kill();
    await world.agentProcess();
    await world.openGate('departed');
    await eventually(async () => {
      const { status } = await world.unit('f/0');
      assert.equal(status.state, 'config-error');
      assert.match(status.upgrade?.blockers?.at(-1)?.reason ?? '', /resolved --retry f\/0 ring:0$/);
    }, 60_000);
    await world.openGate('mended');
    await requestRelationResolved(world.coordinator, 'f/0', 'ring', true, requester);
    await world.untilOn(three, 'f/0');
    const left = ['2 ring-departed f/1 f/2', '2 ring-departed f/2', '2 ring-broken', '2 ring-broken'];
    await saw('f/0', [...met, ...left, '3 upgrade-formula']);
  });
});
