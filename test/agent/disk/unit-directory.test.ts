import assert from 'node:assert/strict';
import { access, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftInFormula } from '../../../agent/disk/left-in-formula.js';
import { Staging } from '../../../agent/disk/staging.js';
import {
  formulaDirectoryName,
  lifeOfDirectory,
  makeUnitDirectory,
  putAsideFormulas,
  type UnitDirectory,
  unitDirectory,
} from '../../../agent/disk/unit-directory.js';
import type { FormulaRef } from '../../../agent/journal/record.js';
import { openStorage } from '../../../state/storage/open.js';
import { World } from '../world.js';

describe("a unit's directory", () => {
  let world: World;
  let directory: UnitDirectory;
  let staging: Staging;
  beforeEach(async () => {
    world = await World.open();
    directory = unitDirectory(await mkdtemp(join(tmpdir(), 'ensemble-units-')), 'my-sql/0');
    makeUnitDirectory(directory, undefined);
    staging = new Staging(await openStorage(world.storage), world.path('cache'), { add() {} });
  });
  afterEach(async () => {
    staging.close();
    await rm(join(directory.root, '..'), { recursive: true });
    await world.close();
  });

  async function bundle(revision: number): Promise<{ readonly ref: FormulaRef; readonly file: string }> {
    const id = await world.publish(revision);
    const sha256 = String(revision).repeat(64);
    return {
      ref: { id, sha256, directory: formulaDirectoryName(id, sha256) },
      file: world.path(`f-${revision}.tar.gz`),
    };
  }
  const staged = async (): Promise<string[]> =>
    (await readdir(directory.formulas)).filter((name) => !name.endsWith('.json')).sort();

  it('is named as the tree spells the unit', () => {
    assert.match(directory.root, /\/my-sql-0$/);
  });

  it('that was being made when the disk was full is nobody’s, and one with anything in it is not', async () => {
    const begun = unitDirectory(join(directory.root, '..'), 'begun/0');
    await mkdir(begun.root);
    await writeFile(join(begun.root, '.incarnation.next'), '');
    assert.equal(lifeOfDirectory(begun), undefined);
    assert.equal(lifeOfDirectory(directory), '');
    makeUnitDirectory(begun, '0123456789ab');
    assert.equal(lifeOfDirectory(begun), '0123456789ab');
  });

  it('two contents of one revision never share a directory', () => {
    assert.notEqual(
      formulaDirectoryName('p:f-1', 'a'.repeat(64)),
      formulaDirectoryName('p:f-1', 'b'.repeat(64)),
    );
  });

  it('staging twice is staging once: what is there is not touched', async () => {
    const { ref, file } = await bundle(1);
    await staging.stage(directory, ref, file);
    await writeFile(join(directory.formulas, ref.directory, 'run.pid'), '1');
    await staging.stage(directory, ref, file);
    assert.deepEqual(await staged(), [ref.directory]);
    assert.deepEqual(await leftInFormula(directory, ref), { written: ['run.pid'], changed: [] });
  });

  it('staging ten times at once is staging once, whole', async () => {
    const { ref, file } = await bundle(1);
    await Promise.all(Array.from({ length: 10 }, () => staging.stage(directory, ref, file)));
    assert.deepEqual(await staged(), [ref.directory]);
    assert.deepEqual(await leftInFormula(directory, ref), { written: [], changed: [] });
    assert.match(await readFile(join(directory.formulas, ref.directory, 'hooks', 'install'), 'utf8'), /^#!/);
  });

  it('a bundle that breaks off leaves nothing with the name of a formula', async () => {
    const { ref, file } = await bundle(1);
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.length / 2));
    await assert.rejects(staging.stage(directory, ref, file), { code: 'bundle-damaged' });
    assert.deepEqual(await staged(), []);
  });

  it('the link goes from one formula to the next, also twice and over what a crash left', async () => {
    const [one, two] = [await bundle(1), await bundle(2)];
    for (const { ref, file } of [one, two]) await staging.stage(directory, ref, file);
    await staging.link(directory, one.ref);
    await writeFile(join(directory.root, '.formula.next'), 'half a link');
    await staging.link(directory, two.ref);
    await staging.link(directory, two.ref);
    assert.equal(await readlink(directory.formula), `.formula/${two.ref.directory}`);
    await access(join(directory.formula, 'metadata.yaml'));
    await assert.rejects(access(join(directory.root, '.formula.next')));
  });

  it('pruning keeps what is named, with its manifest, and nothing else', async () => {
    const all = [await bundle(1), await bundle(2), await bundle(3)];
    for (const { ref, file } of all) await staging.stage(directory, ref, file);
    await writeFile(join(directory.formulas, '.staging-4-abandoned'), '');
    const [one, two, three] = all.map(({ ref }) => ref);
    assert.ok(one && two && three);
    const aside = putAsideFormulas(directory, [three, two, null]);
    const again = putAsideFormulas(directory, [three, two, null]);
    assert.deepEqual([...again].sort(), [...aside].sort(), 'what an agent died before removing');
    for (const path of again) await rm(path, { recursive: true });
    assert.deepEqual(
      (await readdir(directory.formulas)).sort(),
      [two, three].flatMap(({ directory: name }) => [name, `${name}.json`]),
    );
  });
});
