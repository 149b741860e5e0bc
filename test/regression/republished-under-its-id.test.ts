import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Staging } from '../../agent/disk/staging.js';
import { openFormulas } from '../../agent/machine/formulas.js';
import { paths } from '../../state/model/paths.js';
import { openStorage } from '../../state/storage/open.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';

describe('a formula that was pruned and is published again with another content', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  async function run(...args: string[]): Promise<void> {
    const { code, stderr } = await ensemble(world, ...args);
    assert.equal(code, 0, stderr);
  }

  it('is what the units get that are upgraded to it', async () => {
    await world.agent();
    await world.writeFormula(1);
    await run('deploy', '--repository', 'world', 'f');
    await world.untilOn('world:f-1');
    await world.writeFormula(2, { files: { 'who.txt': 'first\n' } });
    await run('upgrade-formula', 'f');
    await world.untilOn('world:f-2');
    await run('revert-formula', 'f');
    await world.untilOn('world:f-1');
    await run('prune', '--keep', '0');
    await world.writeFormula(2, { files: { 'who.txt': 'second\n' } });
    await run('upgrade-formula', '--force', 'f');
    await world.untilOn('world:f-2');
    assert.equal(await readFile(world.unitPath('f/0', 'formula', 'who.txt'), 'utf8'), 'second\n');
    const record = JSON.parse((await world.coordinator.get(paths.formula('world:f-2')))?.value ?? '{}');
    const staged = await readdir(world.unitPath('f/0', '.formula'));
    assert.ok(staged.includes(`2-${record.sha256.slice(0, 12)}`), staged.join());
  });

  it('is what is found by whoever looks anew, and not by whoever has the old content', async () => {
    const storage = await openStorage(world.storage);
    const formulas = openFormulas(world.coordinator, new Staging(storage, world.path('trace'), { add() {} }));
    const id = await world.publish(1, { files: { 'who.txt': 'first\n' } });
    const first = await formulas.find(id);
    await world.coordinator.remove(paths.formula(id));
    await world.publish(1, { files: { 'who.txt': 'second\n' } });
    const [second, beside] = await Promise.all([formulas.findAnew(id), formulas.findAnew(id)]);
    assert.notEqual(second.ref.sha256, first.ref.sha256);
    assert.equal(beside, second, 'two at once share one reading');
    assert.equal(formulas.known(id), second);
    assert.equal(formulas.known(id, first.ref.sha256), first);
    const { bundle } = await formulas.fetch(id);
    assert.equal(
      createHash('sha256')
        .update(await readFile(bundle))
        .digest('hex'),
      second.ref.sha256,
    );
    await assert.rejects(formulas.fetch(id, 'f'.repeat(64)), { code: 'formula-not-published' });
    storage.close();
  });
});
