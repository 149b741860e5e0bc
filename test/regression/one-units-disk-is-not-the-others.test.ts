import assert from 'node:assert/strict';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { open } from 'lmdb';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const ONE = 'world:f-1';

describe('a unit whose directory the disk refuses', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    await world.publish(1);
  });
  afterEach(() => world.close());

  /** Has the unit's directory say nothing of its life, as that of release 0.1.0, nor be able to. @returns what lets it */
  async function unmarkable(unit: string): Promise<() => Promise<void>> {
    const path = world.path('machines', 'm0', 'journal');
    const journal = open<string, string>({ path, encoding: 'string', maxDbs: 4 });
    const units = journal.openDB<string, string>({ name: 'units', encoding: 'string' });
    const { incarnation, ...record } = JSON.parse(units.get(unit) ?? '');
    assert.ok(incarnation);
    await units.put(unit, JSON.stringify(record));
    await journal.close();
    await rm(world.unitPath(unit, '.incarnation'));
    await mkdir(world.unitPath(unit, '.incarnation.next'));
    return () => rmdir(world.unitPath(unit, '.incarnation.next'));
  }

  it('is named, keeps no other unit waiting, and is taken up as soon as its disk lets it', async () => {
    const first = await world.agent();
    await world.deploy(ONE);
    await world.deploy(ONE, 1, 'g');
    await world.untilOn(ONE);
    await world.untilOn(ONE, 'g/0');
    await first.stop();
    const mended = await unmarkable('f/0');
    await world.agent();
    const troubles = () =>
      world.log.filter(({ level, unit, error }) => level === 'error' && unit === 'f/0' && error);
    await eventually(() => assert.ok(troubles().length >= 3, 'it is tried again and again'));
    assert.match(String(troubles().at(-1)?.error), /EISDIR/);
    await world.publish(2);
    await world.upgrade('world:f-2', ['g/0'], false, 'g');
    await world.untilOn('world:f-2', 'g/0');
    await world.deploy(ONE, 1, 'h');
    await world.untilOn(ONE, 'h/0');
    await mended();
    await world.upgrade('world:f-2');
    await world.untilOn('world:f-2');
    assert.equal((await world.trace()).filter((hook) => hook.startsWith('install')).length, 1);
  });
});
