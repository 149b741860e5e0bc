import assert from 'node:assert/strict';
import { ensemble, succeed } from '../agent/operator.js';
import { type FormulaOptions, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** Fails in one unit until the test opens its gate. */
const failsIn = (unit: string, gate: string): string =>
  `case "$ENSEMBLE_UNIT_NAME" in ${unit}) [ -e "$TRACE/gate-${gate}" ];; esac`;

/**
 * A way back whose hook failed was asked again, and the unit never ran the hook: the rollout stood still until its deadline,
 * and the next retry did the same.
 */
describe('a way back that failed, when its cause is mended', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    await world.agent();
  });
  afterEach(() => world.close());

  const ok = (...args: readonly string[]) => succeed(world, ...args);

  async function deployed(hooks: FormulaOptions['hooks'], next: FormulaOptions['hooks'] = {}): Promise<void> {
    await world.writeFormula(1, { hooks: { 'revert-formula': '', ...hooks } });
    await ok('deploy', '--repository', 'world', '-n', '2', 'f');
    await world.writeFormula(2, { hooks: next });
  }

  const shown = async () =>
    JSON.parse((await ensemble(world, 'rollout', 'status', '--format', 'json', 'f')).stdout);

  const untilFailed = () => eventually(async () => assert.equal((await shown()).state, 'failed'), 60_000);

  const runsOf = async (unit: string, hook: string): Promise<number> =>
    (await world.trace(unit)).filter((line) => line === hook).length;

  async function retried(unit: string, hook: string, runs: number): Promise<void> {
    await world.openGate('mended');
    const end = await ok('rollout', 'retry', 'f');
    assert.match(end.stderr, /2 of 2 units run world:f-/);
    assert.equal(await runsOf(unit, hook), runs, 'the hook ran once more');
    const { state, reason } = await shown();
    assert.equal(state, 'done');
    assert.doesNotMatch(reason ?? '', /failed/);
  }

  it('runs the hook again that failed', async () => {
    await deployed({ 'revert-formula': failsIn('f/0', 'mended') });
    await ok('upgrade-formula', 'f');
    assert.equal((await ensemble(world, 'revert-formula', 'f')).code, 1);
    await retried('f/0', 'revert-formula 1', 2);
    await world.untilOn('world:f-1', 'f/1');
  });

  it('runs it again in lockstep, and is not judged by the failure of before', async () => {
    await deployed(
      { 'revert-formula': failsIn('f/0', 'mended') },
      { 'upgrade-formula': failsIn('f/1', 'never') },
    );
    await ok('upgrade-formula', '--no-wait', '--strategy', 'lockstep', 'f');
    await untilFailed();
    await retried('f/0', 'revert-formula 1', 2);
  });

  it('runs it again in a unit that had not completed the upgrade', async () => {
    await deployed({ 'revert-formula': failsIn('f/1', 'mended') }, { 'upgrade-formula': 'exit 1' });
    await ok('upgrade-formula', '--no-wait', '--on-failure', 'revert', 'f');
    await untilFailed();
    await retried('f/1', 'revert-formula 1', 2);
  });

  it('runs config-changed again in a unit that is where it was to go', async () => {
    const mended =
      '[ "$(tail -n 2 "$trace" | head -n 1)" != "revert-formula 1" ] || [ -e "$TRACE/gate-mended" ]';
    await deployed({ 'config-changed': mended });
    await ok('upgrade-formula', 'f');
    assert.equal((await ensemble(world, 'revert-formula', 'f')).code, 1);
    const unit = (await world.unit('f/1')).status.state === 'config-error' ? 'f/1' : 'f/0';
    const before = await runsOf(unit, 'config-changed 1');
    await retried(unit, 'config-changed 1', before + 1);
  });
});
