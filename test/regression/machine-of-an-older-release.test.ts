import assert from 'node:assert/strict';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';

/** Release 0.1.0 kept no owner of a machine: whoever came got it without a word. */
describe('a machine of release 0.1.0, which has no owner,', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const said = (): readonly string[] =>
    world.log.filter(({ message }) => message.includes('had no owner')).map(({ message }) => message);

  it('is owned by the first agent that gets it, which says so, once', async () => {
    await world.coordinator.create(paths.machine('m0'), nodeValue({ hostname: 'old' }));
    await world.coordinator.create(paths.machineUnits('m0'), '{}');
    const before = JSON.parse((await ensemble(world, 'machines', '--format', 'json')).stdout).machines.m0;
    assert.equal(before.owner, null);
    await (await world.agent()).stop();
    const directory = world.path('machines', 'm0');
    assert.match(
      said().join('\n'),
      new RegExp(`^machine m0 had no owner, as release 0.1.0 .*${directory} on \\S+$`),
    );
    await world.agent();
    assert.equal(said().length, 1);
  });

  for (const takeOver of [false, true])
    it(`is not what an agent registers itself${takeOver ? ', with --take-over' : ''}`, async () => {
      await world.agent({ takeOver });
      assert.deepEqual(said(), []);
    });
});
