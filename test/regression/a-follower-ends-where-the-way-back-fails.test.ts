import assert from 'node:assert/strict';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';

const failsIn = (unit: string): string => `case "$ENSEMBLE_UNIT_NAME" in ${unit}) exit 1;; esac`;

/** A unit that failed on its way back was taken for one that is about to be forced out of its error: the command never ended. */
describe('whoever follows a rollout, when its way back fails', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    await world.agent();
  });
  afterEach(() => world.close());

  async function deployed(revert: string, upgrade: string): Promise<void> {
    await world.writeFormula(1, { hooks: { 'revert-formula': revert } });
    const end = await ensemble(world, 'deploy', '--repository', 'world', '-n', '2', 'f');
    assert.equal(end.code, 0, end.stderr);
    await world.writeFormula(2, { hooks: { 'upgrade-formula': upgrade } });
  }

  it('comes to its end, of one that turned back by itself', async () => {
    await deployed(failsIn('f/1'), failsIn('f/0'));
    const words = ['--on-failure', 'revert', '--max-parallel', '1', '--timeout', '60s'];
    const end = await ensemble(world, 'upgrade-formula', ...words, 'f');
    assert.equal(end.code, 1);
    assert.match(end.stderr, /\nf\/1 failed: upgrade-error, hook: hook "revert-formula" of f\/1 failed/);
    assert.match(
      end.stderr,
      /\nthe rollout failed: f\/1 failed: .*\n {2}once that is mended: ensemble rollout retry f\n/,
    );
    assert.doesNotMatch(end.stderr, /stopped following/);
  });

  it('comes to its end, though the others wait for the unit in lockstep', async () => {
    await deployed(failsIn('f/1'), '');
    const words = ['--strategy', 'lockstep', '--timeout', '60s'];
    const there = await ensemble(world, 'upgrade-formula', ...words, 'f');
    assert.equal(there.code, 0, there.stderr);
    assert.equal((await ensemble(world, 'set-rollout', 'f', 'strategy=lockstep')).code, 0);
    const back = await ensemble(world, 'revert-formula', '--timeout', '60s', 'f');
    assert.equal(back.code, 1);
    assert.match(back.stderr, /\nthe rollout failed: f\/1 failed: /);
    assert.doesNotMatch(back.stderr, /stopped following/);
  });
});
