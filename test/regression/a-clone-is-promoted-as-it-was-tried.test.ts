import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { ensemble, succeed } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('a clone that waits for a word', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    for (const revision of [1, 2, 3]) await world.writeFormula(revision);
    await world.agent();
    await ok('deploy', '--repository', 'world', '--revision', '1', '-n', '2', 'f');
    await ok('upgrade-formula', '--strategy', 'clone', '--revision', '2', 'f');
  });
  afterEach(() => world.close());

  const ok = (...args: readonly string[]) => succeed(world, ...args);

  async function services(): Promise<readonly string[]> {
    return ((await world.coordinator.children(paths.services)) ?? []).toSorted();
  }

  it('takes the place of more units than it has by force alone', async () => {
    await ok('remove-unit', 'f-r2/0', 'f-r2/1');
    await eventually(async () => {
      const { next, blockers } = JSON.parse((await ok('rollout', 'status', '--format', 'json', 'f')).stdout);
      assert.equal(next, 'ensemble add-unit -n 2 f-r2');
      assert.equal(blockers[0].reason, 'it has 0 of the 2 units that f has');
    });
    const refused = await ensemble(world, 'rollout', 'promote', 'f');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /its clone f-r2 has 0 of 2 units\n.*ensemble add-unit -n 2 f-r2\n/);
    assert.equal((await world.unit('f/0')).status.state, 'started');
    // What it names helps.
    await ok('add-unit', '-n', '2', 'f-r2');
    await ok('rollout', 'promote', 'f');
    assert.deepEqual(await services(), ['f-r2']);
  });

  it('takes no other formula, and is over when it is destroyed', async () => {
    for (const more of [[], ['--force'], ['--unit', 'f-r2/0']]) {
      const refused = await ensemble(world, 'upgrade-formula', ...more, '--revision', '3', 'f-r2');
      assert.equal(refused.code, 1, more.join(' '));
      assert.match(
        refused.stderr,
        /f-r2 is the clone by which a rollout of f to world:f-2 is under way.*\n.*ensemble rollout promote f, or ensemble rollout abort f first/,
      );
    }
    await ok('destroy-service', 'f-r2');
    // Nobody follows it: an agent finds out.
    await eventually(async () => {
      const { state, reason } = JSON.parse((await ok('rollout', 'status', '--format', 'json', 'f')).stdout);
      assert.deepEqual([state, reason], ['aborted', 'the clone f-r2 was destroyed']);
    });
    const { stderr } = await ok('upgrade-formula', '--strategy', 'clone', '--revision', '2', 'f');
    assert.match(stderr, /the rollout waits for a word: the clone f-r2 is healthy/);
  });
});
