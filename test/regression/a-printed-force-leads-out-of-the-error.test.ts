import assert from 'node:assert/strict';
import { ensemble, succeed } from '../agent/operator.js';
import { World } from '../agent/world.js';

/** A unit that is where it was to go, in an error, was said to get out of it by an upgrade to where it is: which does nothing. */
describe('a unit whose config-changed fails where it was to go', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    await world.agent();
  });
  afterEach(() => world.close());

  const ok = (...args: readonly string[]) => succeed(world, ...args);

  const failsIn = (unit: string): string =>
    `case "$ENSEMBLE_UNIT_NAME" in ${unit}) [ ! -e "$TRACE/gate-broken" ];; esac`;

  async function deployed(): Promise<void> {
    await world.writeFormula(1, { hooks: { 'config-changed': failsIn('f/0') } });
    await ok('deploy', '--repository', 'world', '-n', '2', 'f');
    await world.writeFormula(2, { hooks: { 'config-changed': failsIn('f/1') } });
  }

  it('is not said to get out by an upgrade to the same', async () => {
    await deployed();
    await world.openGate('broken');
    const { code, stderr } = await ensemble(world, 'upgrade-formula', 'f');
    assert.equal(code, 1);
    assert.match(stderr, /\n {2}try: ensemble debug-log -i f\/1, then: ensemble resolved --retry f\/1\n/);
  });

  it('nor by one to an earlier revision on a way back, which goes on with the way back where it is typed', async () => {
    await deployed();
    await ok('upgrade-formula', 'f');
    await world.openGate('broken');
    const { code, stderr } = await ensemble(world, 'revert-formula', 'f');
    assert.equal(code, 1);
    assert.match(stderr, /\n {2}try: ensemble debug-log -i f\/0, then: ensemble resolved --retry f\/0\n/);
    await world.closeGate('broken');
    await ok('upgrade-formula', '--revision', '1', '--force', 'f');
    for (const unit of ['f/0', 'f/1']) await world.untilOn('world:f-1', unit);
  });
});
