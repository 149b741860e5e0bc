import assert from 'node:assert/strict';
import { readConfigValues, unitsOfService } from '../../state/model/services.js';
import { eventually } from '../eventually.js';
import { succeed } from './operator.js';
import { World } from './world.js';

const TITLE = 'title: {type: string, default: none}';

describe('a clone that is being tried', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    await world.writeFormula(1, { config: `options: {${TITLE}, old: {type: string}, size: {type: int}}\n` });
    await world.agent();
    await ok('deploy', '--repository', 'world', 'f');
    await world.writeFormula(2, { config: `options: {${TITLE}, size: {type: string}}\n` });
    await ok('upgrade-formula', '--strategy', 'clone', 'f');
  });
  afterEach(() => world.close());

  const ok = (...args: readonly string[]) => succeed(world, ...args);

  const configs = async () => [
    await readConfigValues(world.coordinator, 'f'),
    await readConfigValues(world.coordinator, 'f-r2'),
  ];

  it('gets what is set on its source until it is promoted, as far as its formula takes it', async () => {
    const { stderr } = await ok('set', 'f', 'title=a', 'old=b', 'size=3');
    assert.match(stderr, /^its clone f-r2 gets the same$/m);
    assert.match(stderr, /^its clone f-r2 keeps what it has of old, size: its formula takes no such value$/m);
    assert.deepEqual(await configs(), [{ title: 'a', old: 'b', size: 3 }, { title: 'a' }]);
    await eventually(async () =>
      assert.equal((await world.trace('f-r2/0')).filter((line) => line === 'config-changed 2').length, 2),
    );
    await ok('set', 'f-r2', 'title=mine');
    assert.deepEqual((await configs())[0], { title: 'a', old: 'b', size: 3 });
    const undone = await ok('set', '--undo', '--format', 'json', 'f');
    assert.deepEqual(JSON.parse(undone.stdout).clone, { service: 'f-r2', left: ['old'] });
    assert.deepEqual(await configs(), [{}, {}]);
    await ok('rollout', 'abort', 'f');
    await ok('set', 'f', 'title=c');
    assert.deepEqual(await readConfigValues(world.coordinator, 'f'), { title: 'c' });
  });

  it('gets as many units as are added to its source, and takes its place with them', async () => {
    const { stderr } = await ok('add-unit', '-n', '2', 'f');
    assert.match(stderr, /^added f\/1, f\/2$/m);
    assert.match(stderr, /^and to its clone, which is being tried: f-r2\/1, f-r2\/2$/m);
    for (const unit of ['f-r2/1', 'f-r2/2']) await world.untilOn('world:f-2', unit);
    await ok('rollout', 'promote', 'f');
    assert.deepEqual(await unitsOfService(world.coordinator, 'f-r2'), ['f-r2/0', 'f-r2/1', 'f-r2/2']);
    await ok('set', 'f-r2', 'title=alone');
    assert.deepEqual(await readConfigValues(world.coordinator, 'f-r2'), { title: 'alone' });
  });
});
