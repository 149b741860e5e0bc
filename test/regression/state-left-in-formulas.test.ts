import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readUnitHistory } from '../../state/model/history.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const ONE = 'world:f-1';

/** What hooks should not do: state in the formula's directory, and changes of its own files. */
const careless = `echo 4711 >run.pid; mkdir -p cache/deep; touch cache/deep/a cache/b
echo changed >>settings.conf; rm notes.txt; touch same.txt; printf same >other.txt; chmod +x tool`;

describe('state that hooks left in a formula that is upgraded', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  async function started(install: string): Promise<void> {
    const files = {
      'settings.conf': 'a: 1\n',
      'notes.txt': 'notes',
      'same.txt': 'same',
      'other.txt': 'same',
      tool: '',
    };
    await world.publish(1, { hooks: { install }, files });
    await world.agent();
    await world.deploy(ONE);
    await world.untilOn(ONE);
    await world.writeFormula(2, { files });
  }

  it('is told in the follower, in debug-log and in the history, with where it lies, and files of its own that were changed', async () => {
    await started(careless);
    const { code, stdout, stderr } = await ensemble(world, 'upgrade-formula', '--format', 'json', 'f');
    assert.equal(code, 0, stderr);
    const line =
      /f\/0: what hooks left in world:f-1 stays in (\/\S+\/\.formula\/1-[0-9a-f]{12}): they wrote cache\/, run\.pid, changed notes\.txt, settings\.conf, tool\n/;
    const [, directory = ''] = line.exec(stderr) ?? [];
    assert.ok(directory, stderr);
    assert.equal(await readFile(join(directory, 'run.pid'), 'utf8'), '4711\n');
    const expected = {
      from: ONE,
      to: 'world:f-2',
      directory,
      kept: true,
      written: ['cache/', 'run.pid'],
      changed: ['notes.txt', 'settings.conf', 'tool'],
      more: 0,
    };
    assert.deepEqual(JSON.parse(stdout).units['f/0'].leftBehind, expected);
    const entry = await eventually(async () => {
      const found = (await readUnitHistory(world.coordinator, 'f/0')).find(({ what }) => what === 'upgrade');
      assert.ok(found);
      return found;
    });
    assert.match(entry.message ?? '', /^what hooks left in world:f-1 stays in \//);
    const { leftBehind } = entry.details as { readonly leftBehind: typeof expected };
    assert.deepEqual(leftBehind.written, expected.written);
    assert.deepEqual(leftBehind.changed, expected.changed);
    await eventually(async () => {
      const said = await ensemble(world, 'debug-log', '-i', 'f/0', '-l', 'WARNING');
      assert.match(
        said.stdout,
        /f\/0 upgrade-formula WARNING: what hooks left in world:f-1 stays in \/.* run\.pid/,
      );
    });
  });

  it('is said of an upgrade only where there is some, and of many files the first', async () => {
    await started('for i in 1 2 3 4 5 6 7 8 9 10 11 12; do touch file$i; done');
    const first = await ensemble(world, 'upgrade-formula', 'f');
    assert.match(first.stderr, /they wrote file1, .* and 2 more\n/);
    await world.writeFormula(3);
    const second = await ensemble(world, 'upgrade-formula', 'f');
    assert.equal(second.code, 0, second.stderr);
    assert.doesNotMatch(second.stderr, /what hooks left/);
    assert.equal((await world.unit()).status.leftBehind, undefined);
  });
});
