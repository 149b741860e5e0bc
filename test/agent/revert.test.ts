import assert from 'node:assert/strict';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { paths } from '../../state/model/paths.js';
import { flagUnits } from '../../control/upgrade/flag-units.js';
import { revertService, revertUnit } from '../../control/upgrade/revert.js';
import { editService } from '../../state/model/services.js';
import { eventually } from '../eventually.js';
import { requester, World } from './world.js';

describe('going back to the formula before', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** A unit that was upgraded from revision 1 to 2, as `upgrade-formula` leaves the service. */
  async function upgraded(
    hooks: Readonly<Record<string, string>> = {},
  ): Promise<{ one: string; two: string }> {
    const one = await world.publish(1, {
      hooks: { 'revert-formula': 'echo "$ENSEMBLE_FORMULA_FROM" >>"$trace.from"' },
    });
    const two = await world.publish(2, { hooks });
    await world.deploy(one);
    await world.agent();
    await world.untilOn(one);
    await editService(world.coordinator, 'f', (service) => ({ ...service, previous: one, formula: two }));
    await flagUnits(world.coordinator, ['f/0'], requester);
    return { one, two };
  }

  it('swaps back, runs revert-formula of the old formula, and then config-changed', async () => {
    const { one, two } = await upgraded();
    await world.untilOn(two);
    assert.deepEqual(await revertService(world.coordinator, 'f', requester), { from: two, to: one });
    await world.untilOn(one);
    assert.deepEqual((await world.trace()).slice(-2), ['revert-formula 1', 'config-changed 1']);
    assert.equal((await readFile(world.path('trace', 'f-0.from'), 'utf8')).trim(), two);
    assert.match(await readlink(world.unitPath('f/0', 'formula')), /^\.formula\/1-/);
  });

  it('names what hooks wrote into the formula that it leaves, which is not kept', async () => {
    const { one, two } = await upgraded({ 'upgrade-formula': 'echo pid >run.pid' });
    await world.untilOn(two);
    await revertUnit(world.coordinator, 'f/0', requester);
    await world.untilOn(one);
    const said = world.log.map(({ message }) => message);
    const left = said.find((message) => message.startsWith(`what hooks left in ${two} is removed with /`));
    assert.match(left ?? '', /: they wrote run.pid$/);
    assert.ok(!said.some((message) => message.includes('stays in')));
  });

  it('needs no storage: the formula was kept', async () => {
    const { one, two } = await upgraded();
    await world.untilOn(two);
    await rm(world.path('storage'), { recursive: true });
    await rm(world.path('machines', 'm0', 'cache'), { recursive: true });
    await revertUnit(world.coordinator, 'f/0', requester);
    await world.untilOn(one);
  });

  it('is the way out of a failed upgrade hook', async () => {
    const { one, two } = await upgraded({ 'upgrade-formula': 'exit 5' });
    await world.until('upgrade-error');
    assert.deepEqual(await revertUnit(world.coordinator, 'f/0', requester), { from: two, to: one });
    await world.untilOn(one);
    assert.deepEqual((await world.trace()).slice(-3), [
      'upgrade-formula 2',
      'revert-formula 1',
      'config-changed 1',
    ]);
  });

  it('a revert-formula hook that fails is an error of its own, which can be resolved', async () => {
    const one = await world.publish(1, { hooks: { 'revert-formula': 'exit 6' } });
    const two = await world.publish(2);
    await world.deploy(one);
    await world.agent();
    await world.untilOn(one);
    await world.upgrade(two);
    await world.untilOn(two);
    await revertUnit(world.coordinator, 'f/0', requester);
    const { status } = await world.until('upgrade-error');
    assert.match(status.message, /revert-formula/);
    assert.equal((await world.unit()).unit.formula, two);
  });

  it('happens by itself where the flag asks for it, and says why', async () => {
    const one = await world.publish(1);
    const two = await world.publish(2, { hooks: { 'upgrade-formula': 'echo no room; exit 5' } });
    await world.deploy(one);
    await world.agent();
    await world.untilOn(one);
    await editService(world.coordinator, 'f', (service) => ({ ...service, previous: one, formula: two }));
    await flagUnits(world.coordinator, ['f/0'], { ...requester, revertOnError: true });
    const { unit, status } = await world.untilOn(one);
    assert.deepEqual(unit.bad, [two]);
    assert.match(status.message, /went back to world:f-1: .*no room/s);
    assert.equal(await world.coordinator.get(paths.upgrade('f/0')), undefined);
    assert.deepEqual((await world.trace()).slice(-2), ['upgrade-formula 2', 'config-changed 1']);
  });

  it('two formulas before the present one are kept, and no more', async () => {
    const formulas = [];
    for (let revision = 1; revision <= 5; revision += 1) formulas.push(await world.publish(revision));
    const [first = ''] = formulas;
    await world.deploy(first);
    await world.agent();
    await world.untilOn(first);
    for (const formula of formulas.slice(1)) {
      await world.upgrade(formula);
      await world.untilOn(formula);
    }
    // What is not kept is removed while the unit goes on.
    await eventually(async () => {
      const kept = await readdir(world.unitPath('f/0', '.formula'));
      const revisions = kept.filter((name) => !name.endsWith('.json')).map((name) => name.split('-')[0]);
      assert.deepEqual(revisions.sort(), ['3', '4', '5']);
    });
    assert.deepEqual((await world.unit()).unit.earlier, ['world:f-4', 'world:f-3']);
  });

  it('without an earlier formula there is nothing to go back to', async () => {
    const one = await world.publish(1);
    await world.deploy(one);
    await world.agent();
    await world.untilOn(one);
    await assert.rejects(revertUnit(world.coordinator, 'f/0', requester), { code: 'nothing-to-revert' });
    await assert.rejects(revertService(world.coordinator, 'f', requester), { code: 'nothing-to-revert' });
  });
});
