import assert from 'node:assert/strict';
import { useSandbox } from './sandbox.js';

describe('ensemble upgrade-policy: the policy of a service', function () {
  this.timeout(120_000);
  const world = useSandbox();
  const policy = async (...words: readonly string[]) =>
    JSON.parse((await world.box.ok('upgrade-policy', 'f', ...words, '--format', 'json')).stdout);

  beforeEach(async () => {
    await world.box.formula('f', 1);
    await world.box.ok('bootstrap');
    await world.box.ok('deploy', '--repository', world.box.repository, '-n', '0', 'f');
  });

  it('is shown and set, keeps what is not named, and says where nobody acts on it', async () => {
    assert.deepEqual(await policy(), {
      service: 'f',
      mode: 'notify',
      windows: [],
      lines: 'same',
      urgent: 'at-once',
    });
    const set = await world.box.ok(
      ...['upgrade-policy', 'f', 'auto', '--window', 'not Mon-Sun 00:00-24:00', '--time-zone', 'Asia/Tokyo'],
    );
    assert.match(set.stdout, /^f: auto, within not Mon-Sun 00:00-24:00 \(Asia\/Tokyo\)$/m);
    assert.match(
      set.stderr,
      /nobody acts on that now: no watcher ever ran here, see: ensemble watcher status$/m,
    );
    const { mode, lines, zone, opensAt } = await policy('--lines', 'any');
    assert.deepEqual([mode, lines, zone, opensAt], ['auto', 'any', 'Asia/Tokyo', null]);
    assert.deepEqual((await policy('stage', '--any-time')).windows, []);
    const { stdout } = await world.box.ok('history', 'f', '--what', 'upgrade-policy', '--format', 'json');
    assert.equal(JSON.parse(stdout).length, 3, 'showing it is on no record');
  });

  it('is not set to what nobody understands', async () => {
    for (const words of [
      ['sometimes'],
      ['auto', '--window', 'someday'],
      ['auto', '--time-zone', 'Mars/North'],
      ['auto', '--window', '02:00-03:00', '--any-time'],
    ])
      assert.equal((await world.box.run('upgrade-policy', 'f', ...words)).code, 2, words.join(' '));
    assert.equal((await policy()).mode, 'notify');
  });
});
