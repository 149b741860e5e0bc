import assert from 'node:assert/strict';
import { ensemble, operate } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('the command that a waiting unit names', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('takes the unit to what its rollout leads to, and to nothing newer', async () => {
    await world.writeFormula(1, { hooks: { 'busy-check': 'exit 75' } });
    await world.agent();
    const deployed = await ensemble(world, 'deploy', '--repository', 'world', '-n', '2', 'f');
    assert.equal(deployed.code, 0, deployed.stderr);
    await world.writeFormula(2);
    const asked = await ensemble(world, 'upgrade-formula', '--no-wait', 'f');
    assert.equal(asked.code, 0, asked.stderr);
    await world.writeFormula(3);
    for (const unit of ['f/1', 'f/0']) {
      const command = await eventually(async () => {
        const { upgrade } = (await world.unit(unit)).status;
        const [, named] = /at once: ensemble (.*)$/.exec(upgrade?.blockers?.[0]?.ends ?? '') ?? [];
        assert.ok(named);
        return named;
      });
      const { code, stderr } = await operate(world, ...command.split(' ')).ended;
      assert.equal(code, 0, stderr);
      assert.equal((await world.unit(unit)).unit.formula, 'world:f-2');
      // The rollout takes the other one along.
      assert.doesNotMatch(stderr, /as before/);
    }
    await eventually(async () => {
      const { state, to } = JSON.parse(
        (await ensemble(world, 'rollout', 'status', '--format', 'json', 'f')).stdout,
      );
      assert.deepEqual([state, to], ['done', 'world:f-2']);
    });
  });
});
