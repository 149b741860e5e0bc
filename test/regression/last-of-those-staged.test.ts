import assert from 'node:assert/strict';
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { UNPACKED } from '../../agent/disk/bundle-cache.js';
import { Staging } from '../../agent/disk/staging.js';
import { formulaDirectoryName, makeUnitDirectory, unitDirectory } from '../../agent/disk/unit-directory.js';
import { openStorage } from '../../state/storage/open.js';
import { World } from '../agent/world.js';

/**
 * The last unit that had copied the extracted formula waited until that was removed, and then went through its upgrade
 * alone, after all others: with journal writes, a hook and a transaction of its own.
 */
describe('the units that are staged together', () => {
  let world: World;
  let units: string;
  beforeEach(async () => {
    world = await World.open();
    units = await mkdtemp(join(tmpdir(), 'ensemble-units-'));
  });
  afterEach(async () => {
    await rm(units, { recursive: true });
    await world.close();
  });

  it('go on together: none of them waits until the extracted formula is removed', async () => {
    const id = await world.publish(1);
    const sha256 = '1'.repeat(64);
    const ref = { id, sha256, directory: formulaDirectoryName(id, sha256) };
    const left: string[] = [];
    let through = 0;
    const storage = await openStorage(world.storage);
    const staging = new Staging(storage, world.root, { add: (paths) => left.push(...paths) });
    const goingOn = Array.from({ length: 5 }, async (_, number) => {
      const directory = unitDirectory(units, `f/${number}`);
      makeUnitDirectory(directory, undefined);
      await staging.stage(directory, ref, world.path('f-1.tar.gz'));
      through += 1;
    });
    await Promise.race(goingOn);
    await turn();
    assert.equal(through, 5, 'all of them in the turn of the event loop in which the first was');
    const unpacked = (await readdir(world.root)).filter((name) => name.includes(UNPACKED));
    assert.deepEqual(
      left,
      unpacked.map((name) => join(world.root, name)),
    );
    assert.equal(left.length, 1);
  });

  it('are told of a failure after which their copies cannot be removed, and others are staged after them', async () => {
    const id = await world.publish(1);
    const sha256 = '1'.repeat(64);
    const ref = { id, sha256, directory: formulaDirectoryName(id, sha256) };
    const storage = await openStorage(world.storage);
    const staging = new Staging(storage, world.root, { add: () => undefined });
    const stage = (unit: string): Promise<void> => {
      const directory = unitDirectory(units, unit);
      makeUnitDirectory(directory, undefined);
      return staging.stage(directory, ref, world.path('f-1.tar.gz'));
    };
    const { formulas } = unitDirectory(units, 'f/0');
    const ends = Promise.allSettled([stage('f/0'), stage('f/1'), stage('f/2'), stage('f/3'), stage('f/4')]);
    // As soon as a copy is there, what holds it is a file: nothing below can be put in place, nor removed.
    while (readdirSync(formulas).length === 0) await turn();
    renameSync(formulas, `${formulas}.away`);
    writeFileSync(formulas, '');
    const [first] = await ends;
    assert.equal(first?.status, 'rejected');
    await stage('f/9');
  });
});
