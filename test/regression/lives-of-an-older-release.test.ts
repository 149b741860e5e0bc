import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { open } from 'lmdb';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { unitSchema } from '../../state/model/unit-schemas.js';
import { requireUnit } from '../../state/model/units.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('a unit of an agent of release 0.1.0', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    await world.agent();
    await world.deploy(await world.publish(1));
    await world.until('started');
    await world.stopAgents();
  });
  afterEach(() => world.close());

  const without = (value: Readonly<Record<string, unknown>>, ...names: readonly string[]): string =>
    nodeValue(Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))));

  /** Nothing on the machine says which life it is. */
  async function forgetHere(): Promise<void> {
    await rm(world.unitPath('f/0', '.incarnation'));
    const journal = open<string, string>({
      path: world.path('machines', 'm0', 'journal'),
      encoding: 'string',
      maxDbs: 4,
    });
    const units = journal.openDB<string, string>({ name: 'units', encoding: 'string' });
    const record = JSON.parse(units.get('f/0') ?? '');
    assert.ok(record.incarnation);
    await units.put('f/0', without(record, 'incarnation', 'serviceIncarnation'));
    await journal.close();
  }

  /** Nor does the tree, as release 0.1.0 made it. */
  async function forgetThere(): Promise<void> {
    const { coordinator } = world;
    const { value, version } = await requireUnit(coordinator, 'f/0');
    const service = serviceSchema.parse(JSON.parse((await coordinator.get(paths.service('f')))?.value ?? ''));
    await coordinator.transaction([
      { kind: 'set', path: paths.unit('f/0'), value: without(value, 'incarnation'), version },
      { kind: 'remove', path: paths.life('f/0', value.incarnation ?? '') },
      { kind: 'set', path: paths.machineUnit('m0', 'f/0'), value: '{}' },
      { kind: 'set', path: paths.service('f'), value: without(service, 'incarnation') },
    ]);
  }

  /** It goes on as it was, and is known from now on. */
  async function goesOn(): Promise<void> {
    await world.agent();
    const incarnation = await eventually(async () => {
      const { value } = await requireUnit(world.coordinator, 'f/0');
      assert.match(value.incarnation ?? '', /^[0-9a-f]{12}$/);
      return value.incarnation ?? '';
    });
    const two = await world.publish(2);
    await world.upgrade(two);
    await world.untilOn(two);
    assert.deepEqual(await world.trace(), [
      'install 1',
      'config-changed 1',
      'start 1',
      'upgrade-formula 2',
      'config-changed 2',
    ]);
    assert.ok(await world.coordinator.get(paths.life('f/0', incarnation)));
    const placed = await world.coordinator.get(paths.machineUnit('m0', 'f/0'));
    assert.equal(placed?.value, nodeValue({ incarnation }));
    assert.equal(await readFile(world.unitPath('f/0', '.incarnation'), 'utf8'), incarnation);
  }

  it('goes on, and is told from others from then on', async () => {
    await forgetHere();
    await forgetThere();
    await goesOn();
  });

  it('goes on where only its agent did not know', async () => {
    await forgetHere();
    await goesOn();
  });

  it('stops where nobody has told of the one that has its name by now', async () => {
    await forgetHere();
    const { coordinator } = world;
    const { value, version } = await requireUnit(coordinator, 'f/0');
    const fresh = 'abcdefabcdef';
    const unit = unitSchema.parse({ ...value, formula: null, incarnation: fresh });
    await coordinator.transaction([
      { kind: 'set', path: paths.unit('f/0'), value: nodeValue(unit), version },
      { kind: 'remove', path: paths.life('f/0', value.incarnation ?? '') },
      { kind: 'create', path: paths.life('f/0', fresh), value: '{}' },
      { kind: 'set', path: paths.machineUnit('m0', 'f/0'), value: nodeValue({ incarnation: fresh }) },
      {
        kind: 'set',
        path: paths.status('f/0'),
        value: nodeValue({ state: 'pending', since: '2026-01-01T00:00:00Z' }),
      },
    ]);
    await world.agent();
    await world.until('started');
    assert.deepEqual((await world.trace()).slice(3), ['stop 1', 'install 1', 'config-changed 1', 'start 1']);
    assert.equal((await readdir(world.path('machines', 'm0', 'removed'))).length, 1);
  });
});
