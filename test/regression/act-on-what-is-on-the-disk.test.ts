import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setConfigValues } from '../../control/config/set-config.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** The link was swapped to what was wanted by then, and not to what had been prepared; and what vanished was not missed. */
describe('a unit acts on the formula that is on its disk', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** Removes the directory of a formula that was extracted, as a hand would. */
  const remove = (revision: number): void => {
    const formulas = world.unitPath('f/0', '.formula');
    const [name = ''] = readdirSync(formulas).filter((each) => each.startsWith(`${revision}-`));
    rmSync(`${formulas}/${name.replace(/\.json$/, '')}`, { recursive: true });
  };

  it('upgrades to what was prepared, where something newer is wanted meanwhile, and to that afterwards', async () => {
    const [one, two, three] = [await world.publish(1), await world.publish(2), await world.publish(3)];
    const before = await world.agentProcess();
    await world.deploy(one);
    await world.untilOn(one);
    await before.kill();
    await world.upgrade(two);
    await world.agentProcess('m0', {
      up: false,
      variables: {
        ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
        ENSEMBLE_FAULTS: 'started.journal.before=delay:always',
      },
    });
    // The third write is the one that goes before `pause`, after a death.
    await eventually(async () => {
      const passed = (await readFile(world.path('faults', 'passed'), 'utf8')).split('\n');
      assert.ok(passed.filter((point) => point === 'started.journal.before').length >= 3);
    });
    await world.upgrade(three);
    await world.untilOn(three);
    const upgrades = (await world.trace()).filter((line) => line.startsWith('upgrade-formula'));
    assert.deepEqual(upgrades, ['upgrade-formula 2', 'upgrade-formula 3']);
  });

  it('prepares once more what vanished after it was staged', async () => {
    const one = await world.publish(1, { hooks: { start: 'test -e "$TRACE/gate-start"' } });
    const two = await world.publish(2);
    await world.agent();
    await world.deploy(one);
    await world.until('start-error');
    await world.upgrade(two);
    await eventually(async () => assert.equal((await world.unit()).status.upgrade?.step, 'waiting'));
    remove(2);
    await requestResolved(world.coordinator, 'f/0', false, requester);
    await world.untilOn(two);
    assert.ok(existsSync(world.unitPath('f/0', 'formula', 'hooks', 'start')));
  });

  it('fetches again what vanished while the agent was down, when it was about to swap to it', async () => {
    const [one, two] = [await world.publish(1), await world.publish(2)];
    const first = await world.agentProcess('m0', {
      variables: {
        ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
        ENSEMBLE_FAULTS: 'swapping.link.before=kill',
      },
    });
    await world.deploy(one);
    await world.untilOn(one);
    await world.upgrade(two);
    assert.equal(await first.ended(), 'SIGKILL');
    remove(2);
    await world.agent();
    await world.untilOn(two);
    assert.ok((await world.trace()).includes('upgrade-formula 2'));
  });

  const damages = {
    'the whole of it': () => remove(1),
    'a hook of it': () => rmSync(world.unitPath('f/0', 'formula', 'hooks', 'config-changed')),
    'the link to it': () => rmSync(world.unitPath('f/0', 'formula')),
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`fetches the formula in use again where somebody removed ${what}, before a hook of it runs`, async () => {
      const one = await world.publish(1, { config: 'options:\n  title: {type: string, default: x}\n' });
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      writeFileSync(world.unitPath('f/0', 'formula', 'written'), 'by a hook');
      damage();
      await setConfigValues(world.coordinator, 'f', { title: 'y' });
      await eventually(async () =>
        assert.equal((await world.trace()).filter((line) => line === 'config-changed 1').length, 2),
      );
      await world.untilOn(one);
      const kept = existsSync(world.unitPath('f/0', 'formula', 'written'));
      assert.equal(kept, what !== 'the whole of it', 'what hooks wrote stays where it was not removed');
    });
  }
});
