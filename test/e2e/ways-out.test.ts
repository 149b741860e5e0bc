import assert from 'node:assert/strict';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { Operator } from './operator.js';

describe('the ways out of an upgrade that fails', function () {
  this.timeout(120_000);
  let world: World;
  let operator: Operator;

  beforeEach(async () => {
    world = await World.open({ bootstrapped: false });
    operator = new Operator(world.root);
    await operator.does('bootstrap');
    await world.agentProcess('m0');
    await world.writeFormula(1);
    await operator.does('deploy', `--repository=${world.path('world')}`, '-n', '2', 'f');
  });
  afterEach(async () => {
    operator.close();
    await world.close();
  });

  /** Revision 2, whose upgrade hook fails on f/1 until the test mends it. */
  const brokenOnOne =
    '[ "$ENSEMBLE_UNIT_NAME" = f/0 ] || [ -e "$TRACE/gate-mended" ] || { echo no room; exit 3; }';

  it('--revert-on-error: the unit goes back by itself, and does not take the formula again unasked', async () => {
    await world.writeFormula(2, { hooks: { 'upgrade-formula': brokenOnOne } });
    const { code, stderr } = await operator.run(
      'upgrade-formula',
      '--strategy',
      'all',
      '--revert-on-error',
      'f',
    );
    assert.equal(code, 1);
    assert.match(stderr, /f\/1 failed: started: went back to world:f-1: .*no room/s);
    assert.equal((await world.unit('f/0')).unit.formula, 'world:f-2');
    assert.equal((await world.unit('f/1')).unit.formula, 'world:f-1');

    const again = await operator.run('upgrade-formula', 'f');
    // Who was asked to does not run it.
    assert.equal(again.code, 1);
    assert.match(again.stderr, /f\/1 stays as before, having gone back from it/);

    await world.openGate('mended');
    await operator.does('upgrade-formula', '--force', 'f');
    assert.equal((await world.unit('f/1')).unit.formula, 'world:f-2');
    assert.equal((await world.unit('f/1')).unit.bad, undefined);
  });

  it('revert-formula SERVICE: every unit goes back, also from upgrade-error, and the revision is not taken again', async () => {
    await world.writeFormula(2, { hooks: { 'upgrade-formula': brokenOnOne } });
    assert.equal((await operator.run('upgrade-formula', '--strategy', 'all', 'f')).code, 1);
    const { code, stderr } = await operator.run('revert-formula', 'f');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /f goes back from world:f-2 to world:f-1/);
    for (const unit of ['f/0', 'f/1']) assert.equal((await world.unit(unit)).unit.formula, 'world:f-1');

    const refused = await operator.run('upgrade-formula', 'f');
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /f went back from world:f-2, so it is not taken again\n {2}try: .*--force f/,
    );

    await world.writeFormula(3);
    await operator.does('upgrade-formula', 'f');
    assert.equal((await world.unit('f/1')).unit.formula, 'world:f-3');
  });

  it('revert-formula UNIT: that one goes back and the others stay', async () => {
    await world.writeFormula(2);
    await operator.does('upgrade-formula', 'f');
    await operator.does('revert-formula', 'f/1');
    assert.equal((await world.unit('f/0')).unit.formula, 'world:f-2');
    assert.equal((await world.unit('f/1')).unit.formula, 'world:f-1');
  });

  it('resolved --retry --all: everything that is in error, at once', async () => {
    await world.writeFormula(2, { hooks: { 'upgrade-formula': '[ -e "$TRACE/gate-mended" ]' } });
    assert.equal((await operator.run('upgrade-formula', '--strategy', 'all', 'f')).code, 1);
    await world.openGate('mended');
    await operator.does('resolved', '--retry', '--all');
    for (const unit of ['f/0', 'f/1']) await world.untilOn('world:f-2', unit);
    const { stderr } = await operator.run('resolved', '--all');
    assert.match(stderr, /nothing is in error/);
    assert.equal((await operator.run('resolved')).code, 2);
  });

  it('remove-unit --keep-data: the unit goes, and its directory stays aside', async () => {
    await writeFile(world.unitPath('f/1', 'data', 'book'), 'dear');
    await operator.does('remove-unit', '--keep-data', 'f/1');
    await eventually(async () => assert.equal(await world.coordinator.get('/units/f-1'), undefined));
    const removed = world.path('machines', 'm0', 'removed');
    await eventually(async () => {
      const [kept = ''] = await readdir(removed);
      assert.match(kept, /^f-1-/);
      assert.equal(await readFile(join(removed, kept, 'data', 'book'), 'utf8'), 'dear');
    });
    await assert.rejects(access(world.unitPath('f/1')));
  });

  it('nothing to go back to is said, and a name that is none is wrong usage', async () => {
    const { code, stderr } = await operator.run('revert-formula', 'f');
    assert.equal(code, 1);
    assert.match(stderr, /f has no formula before world:f-1 to go back to/);
    assert.equal((await operator.run('revert-formula', 'f', 'f/1')).code, 2);
    assert.equal((await operator.run('revert-formula', 'nosuch')).code, 1);
    await eventually(async () => assert.equal((await world.unit('f/1')).status.state, 'started'));
  });
});
