import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const ONE = 'world:f-1';

describe('what was to be kept of a unit', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    const hooks = {
      install: 'printf dear >"$ENSEMBLE_DATA_DIR/book"',
      stop: 'echo now >"$TRACE/stopping"; until [ -e "$TRACE/go" ]; do sleep 0.05; done',
    };
    await world.publish(1, { hooks });
    await world.agent();
    await world.deploy(ONE);
    await world.untilOn(ONE, 'f/0');
  });
  afterEach(() => world.close());

  async function does(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await ensemble(world, ...args);
    assert.equal(code, 0, stderr);
    return stdout + stderr;
  }

  const removed = async (): Promise<readonly string[]> =>
    readdir(world.path('machines', 'm0', 'removed')).catch(() => []);

  async function goes(): Promise<void> {
    await writeFile(join(world.path('trace'), 'go'), '');
    await eventually(async () => assert.equal(await world.coordinator.get(paths.unit('f/0')), undefined));
  }

  for (const args of [
    ['destroy-service', 'f'],
    ['destroy-service', '--purge', 'f'],
    ['remove-unit', 'f/0'],
  ])
    it(`is kept whatever else takes the unit along: ${args.join(' ')}`, async () => {
      await does('remove-unit', '--keep-data', 'f/0');
      await eventually(async () => assert.equal(await world.text('stopping'), 'now\n'));
      const said = await does(...args);
      const [, command = ''] = /the data of f\/0 is kept, .*: ensemble (prune .*)\n/.exec(said) ?? [];
      await goes();
      const { m0 } = JSON.parse(await does('prune', '--removed', '--dry-run', '--format', 'json')).removed;
      assert.deepEqual([m0.units.length, m0.units[0].until], [1, undefined]);
      await does(...command.split(' '));
      assert.deepEqual(await removed(), []);
    });

  it('goes where this very unit is purged', async () => {
    await does('remove-unit', '--keep-data', 'f/0');
    await eventually(async () => assert.equal(await world.text('stopping'), 'now\n'));
    assert.doesNotMatch(await does('remove-unit', '--purge', 'f/0'), /is kept/);
    await goes();
    assert.deepEqual(await removed(), []);
  });

  it('is asked of an agent that does not tell what it keeps, as one of release 0.1.0, and that is said', async () => {
    const { kept: _, ...old } = JSON.parse((await world.coordinator.get(paths.machine('m0')))?.value ?? '');
    await world.stopAgents();
    await world.coordinator.set(paths.machine('m0'), nodeValue(old));
    assert.match(await does('remove-unit', 'f/0'), /f\/0 seem to be of an older release, .* keep it/);
    const asked = JSON.parse((await world.coordinator.get(paths.removal('f/0')))?.value ?? '');
    assert.equal(asked.keepData, true);
    // One of this release keeps it for its time.
    await world.agent();
    await goes();
    const { m0 } = JSON.parse(await does('prune', '--removed', '--dry-run', '--format', 'json')).removed;
    assert.ok(m0.units[0].until !== undefined);
  });
});
