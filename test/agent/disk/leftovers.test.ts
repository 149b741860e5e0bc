import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearLeftovers, type Leftovers } from '../../../agent/disk/leftovers.js';
import { openLog } from '../../../agent/contract/log.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';

const silent = openLog(() => undefined, 'json', Date.now, false);

describe('what an upgrade leaves over', () => {
  let directory: string;
  let clock: ManualClock;
  let leftovers: Leftovers;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ensemble-leftovers-'));
    clock = new ManualClock();
    leftovers = clearLeftovers(clock, silent);
  });

  afterEach(async () => {
    await leftovers.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function formula(name: string): string {
    const path = join(directory, name);
    mkdirSync(join(path, 'hooks'), { recursive: true });
    writeFileSync(join(path, 'hooks', 'install'), '');
    return path;
  }

  const gone = (...paths: readonly string[]): Promise<void> =>
    eventually(() => assert.deepEqual(paths.filter(existsSync), []));

  it('is removed once a second went by in which nothing more was left over', async () => {
    const paths = [formula('one'), formula('two')];
    leftovers.add([paths[0] ?? '']);
    clock.advance(900);
    leftovers.add([paths[1] ?? '']);
    clock.advance(900);
    assert.deepEqual(readdirSync(directory), ['one', 'two']);
    clock.advance(100);
    await gone(...paths);
  });

  it('is removed within a minute, however much more is left over meanwhile', async () => {
    const first = formula('first');
    leftovers.add([first]);
    for (let turn = 0; turn < 120; turn += 1) {
      assert.ok(existsSync(first));
      clock.advance(500);
      leftovers.add([formula(`f${turn}`)]);
    }
    await gone(first);
  });

  it('may be gone already, and be left over twice', async () => {
    const path = formula('one');
    leftovers.add([join(directory, 'unit-that-was-removed', 'two'), path, path]);
    clock.advance(1_000);
    await gone(path);
    leftovers.add([path, formula('three')]);
    clock.advance(1_000);
    await gone(join(directory, 'three'));
  });

  it('is removed also after more came while some was being removed', async () => {
    const [one, two, three] = [formula('one'), formula('two'), formula('three')];
    leftovers.add([one]);
    clock.advance(1_000);
    leftovers.add([two]);
    await gone(one, two);
    clock.advance(1_000);
    leftovers.add([three]);
    clock.advance(1_000);
    await gone(three);
  });

  it('is left alone by an agent that ended', async () => {
    const path = formula('one');
    leftovers.add([path]);
    await leftovers.close();
    clock.advance(1_000);
    leftovers.add([path]);
    clock.advance(60_000);
    assert.ok(existsSync(path));
  });
});
