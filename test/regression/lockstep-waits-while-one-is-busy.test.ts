import assert from 'node:assert/strict';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('units in lockstep', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('exchange nothing while the busy-check of one says that it is busy', async () => {
    const idle = '[ -e "$TRACE/gate-idle" ]';
    await world.writeFormula(1, {
      hooks: { 'busy-check': `case "$ENSEMBLE_UNIT_NAME" in f/1) ${idle} || exit 75;; esac` },
    });
    await world.agent();
    const deployed = await ensemble(world, 'deploy', '--repository', 'world', '-n', '2', 'f');
    assert.equal(deployed.code, 0, deployed.stderr);
    await world.writeFormula(2);
    const asked = await ensemble(world, 'upgrade-formula', '--no-wait', '--strategy', 'lockstep', 'f');
    assert.equal(asked.code, 0, asked.stderr);
    const shown = async () =>
      JSON.parse((await ensemble(world, 'rollout', 'status', '--format', 'json', 'f')).stdout);
    await eventually(async () => {
      const { gate, units } = await shown();
      assert.equal(gate, null);
      assert.match(units['f/1'].blockers[0]?.reason ?? '', /f\/1 is busy: its busy-check says so/);
      assert.match(units['f/0'].blockers[0]?.reason ?? '', /waits for f\/1/);
    });
    assert.ok(!(await world.trace('f/0')).includes('upgrade-formula 2'));
    await world.openGate('idle');
    for (const unit of ['f/0', 'f/1']) await world.untilOn('world:f-2', unit);
  });
});
