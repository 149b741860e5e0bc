import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { open } from 'lmdb';
import { upgradeEnvironment } from '../../control/environment/upgrade-environment.js';
import { nodeValue } from '../../state/model/entity.js';
import { isOfLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import { requireUnit } from '../../state/model/units.js';
import { ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const environment = { name: 'world', state: '', storage: '' };

describe('what lives on as the environment gives it an incarnation', () => {
  for (const [known, found, expected] of [
    ['a', { incarnation: 'a' }, true],
    ['a', { incarnation: 'b' }, false],
    ['a', { incarnation: 'b', adopted: true }, false],
    ['a', {}, false],
    [undefined, {}, true],
    [undefined, { incarnation: 'b' }, false],
    [undefined, { incarnation: 'b', adopted: true }, true],
  ] as const)
    it(`is ${expected ? '' : 'not '}known as ${known ?? 'nothing'} where it is ${JSON.stringify(found)}`, () =>
      assert.equal(isOfLife(known, found), expected));
});

describe('a machine of release 0.1.0 whose environment was given incarnations', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    await world.agent();
    const hooks = { stop: 'config-get title >>"$trace"' };
    const config = 'options:\n  title: {type: string, default: untitled, description: is read}\n';
    await world.deploy(await world.publish(1, { hooks, config }), 2);
    for (const unit of units) await world.until('started', unit);
    await world.stopAgents();
    await forgetHere();
    await forgetThere();
    await upgradeEnvironment({ coordinator: world.coordinator, environment }, requester);
  });
  afterEach(() => world.close());

  const units = ['f/0', 'f/1'];
  const without = (text: string | undefined, ...names: readonly string[]): string =>
    nodeValue(
      Object.fromEntries(Object.entries(JSON.parse(text ?? '')).filter(([name]) => !names.includes(name))),
    );

  /** The journal and the directories know no life of anything. */
  async function forgetHere(): Promise<void> {
    const path = world.path('machines', 'm0', 'journal');
    const journal = open<string, string>({ path, encoding: 'string', maxDbs: 4 });
    const records = journal.openDB<string, string>({ name: 'units', encoding: 'string' });
    for (const unit of units) {
      await rm(world.unitPath(unit, '.incarnation'));
      await records.put(unit, without(records.get(unit), 'incarnation', 'serviceIncarnation'));
    }
    await journal.close();
  }

  async function forgetThere(): Promise<void> {
    const { coordinator } = world;
    const value = async (path: string): Promise<string> =>
      without((await coordinator.get(path))?.value, 'incarnation');
    for (const unit of units) {
      const { incarnation = '' } = (await requireUnit(coordinator, unit)).value;
      await coordinator.transaction([
        { kind: 'set', path: paths.unit(unit), value: await value(paths.unit(unit)) },
        { kind: 'remove', path: paths.life(unit, incarnation) },
        { kind: 'set', path: paths.machineUnit('m0', unit), value: '{}' },
      ]);
    }
    await coordinator.set(paths.service('f'), await value(paths.service('f')));
    await coordinator.set(
      paths.layout,
      nodeValue({
        ...JSON.parse((await coordinator.get(paths.layout))?.value ?? ''),
        level: 2,
        minReader: 2,
      }),
    );
  }

  it('goes on with its units, their data and their service', async () => {
    const { coordinator } = world;
    assert.equal((await ensemble(world, 'remove-unit', '--force', 'f/0')).code, 0);
    await world.agent();
    await eventually(async () => assert.ok((await world.trace('f/0')).includes('stop 1')));
    await eventually(async () =>
      assert.deepEqual(await readdir(world.path('machines', 'm0', 'units')), ['f-1']),
    );
    assert.deepEqual((await world.trace('f/0')).slice(3), ['stop 1', 'untitled'], 'its service is there');

    const two = await world.publish(2);
    await world.upgrade(two, ['f/1']);
    await world.untilOn(two, 'f/1');
    const { incarnation = '' } = (await requireUnit(coordinator, 'f/1')).value;
    assert.ok(await coordinator.get(paths.life('f/1', incarnation)));
    assert.equal(await readFile(world.unitPath('f/1', '.incarnation'), 'utf8'), incarnation);
    assert.deepEqual(await world.trace('f/1'), [
      'install 1',
      'config-changed 1',
      'start 1',
      'upgrade-formula 2',
      'config-changed 2',
    ]);
  });
});
