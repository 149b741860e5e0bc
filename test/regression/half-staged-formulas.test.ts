import assert from 'node:assert/strict';
import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formulasLeftOver, placeForStaging, unitDirectory } from '../../agent/disk/unit-directory.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('a formula that is not whole yet beside those of a unit', () => {
  it('is removed by the next agent when it was left by a kill', async () => {
    const world = await World.open();
    try {
      const one = await world.publish(1);
      await world.deploy(one);
      const agent = await world.agent();
      await world.untilOn(one);
      await agent.stop();
      const formulas = world.unitPath('f/0', '.formula');
      const before = await readdir(formulas);
      await mkdir(join(formulas, '.staging-2-0123456789ab-1', 'hooks'), { recursive: true });
      await writeFile(join(formulas, '.staging-2-0123456789ab-1', 'hooks', 'install'), '');
      await writeFile(join(formulas, '.staging-2-0123456789ab-1.json'), '[]');
      await world.agent();
      await eventually(async () => assert.deepEqual(await readdir(formulas), before));
    } finally {
      await world.close();
    }
  });

  it('is left alone while this agent is at work on it', async () => {
    const units = await mkdtemp(join(tmpdir(), 'ensemble-half-'));
    try {
      const directory = unitDirectory(units, 'f/0');
      const ref = { id: 'world:f-2', sha256: '0'.repeat(64), directory: '2-000000000000' };
      const { aside, manifest } = placeForStaging(directory, ref);
      await mkdir(aside, { recursive: true });
      await writeFile(manifest, '[]');
      assert.deepEqual(await formulasLeftOver(units, new Set([aside, manifest])), []);
      assert.deepEqual((await formulasLeftOver(units, new Set())).toSorted(), [aside, manifest].toSorted());
    } finally {
      await rm(units, { recursive: true });
    }
  });
});
