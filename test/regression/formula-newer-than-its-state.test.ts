import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { editService } from '../../state/model/services.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** As after a backup of the state was restored, and accepted, that is of before the formula was published. */
describe('a unit whose formula is newer than its state', () => {
  let world: World;
  let message: string;
  beforeEach(async () => {
    world = await World.open();
    const config = 'options:\n  title: {type: string, default: x}\n';
    const [one, two] = [await world.publish(1, { config }), await world.publish(2, { config })];
    const before = await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    await world.upgrade(two);
    await world.untilOn(two);
    await before.stop();
    await world.coordinator.remove(paths.formula(two));
    await editService(world.coordinator, 'f', (service) => ({ ...service, formula: one }));
    await world.agent();
    await setConfigValues(world.coordinator, 'f', { title: 'y' });
    message = await eventually(async () => {
      const { status } = await world.unit();
      assert.match(status.message, /formula world:f-2 is not published in this environment/);
      return status.message;
    }, 60_000);
  });
  afterEach(() => world.close());

  /** Runs the command that the unit's status names. */
  async function follow(command: string): Promise<void> {
    assert.ok(message.includes(command), message);
    const { code, stderr } = await ensemble(world, ...command.split(' ').slice(1), '--timeout', '20s');
    assert.equal(code, 0, stderr);
  }

  const isConfigured = (last: string): Promise<void> =>
    eventually(async () => {
      assert.equal((await world.trace()).at(-1), last);
      assert.equal((await world.unit()).status.message, '');
    }, 60_000);

  it('says so, and honours its config once that is published again', async () => {
    const ran = (await world.trace()).length;
    await follow('ensemble upgrade-formula --revision 2 f');
    await eventually(async () => assert.equal((await world.trace()).length, ran + 1), 60_000);
    await isConfigured('config-changed 2');
  });

  it('names the way back, which it can go', async () => {
    await follow('ensemble revert-formula f/0');
    await world.untilOn('world:f-1');
    await isConfigured('config-changed 1');
  });
});
