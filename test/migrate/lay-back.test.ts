import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProcess } from '../../state/platform/process-stat.js';
import { OldRelease } from './old-release.js';

describe('ensemble-migrate --back', () => {
  let old: OldRelease;
  let session: string;
  beforeEach(async () => {
    old = await OldRelease.unpack();
    session = readFileSync(join(old.data, 'session'), 'utf8').trim();
    assert.equal((await old.migrate([])).code, 0);
  });
  afterEach(() => old.remove());

  const markers = (directory: string): readonly string[] =>
    readdirSync(directory).filter((name) => name.startsWith('layout.v'));

  it('lays a data directory out as release 0.1.0 reads it, leaves the home alone, and can be undone', async () => {
    const migrated = old.digest();
    const planned = await old.migrate(['--back', '--plan']);
    assert.equal(planned.code, 2);
    assert.match(planned.stdout, /m0: it has layout 2, to be brought to what release 0\.1\.0 reads\n/);
    assert.match(planned.stdout, /to be changed: session session\n {2}to be changed: marker layout\.v2\n/);
    assert.equal(old.digest(), migrated, 'to look changes nothing');

    assert.equal((await old.migrate(['--back'])).code, 0);
    assert.equal(readFileSync(join(old.data, 'session'), 'utf8'), session);
    assert.deepEqual([old.home, old.data].map(markers), [['layout.v2'], ['layout.v1']]);
    const back = old.digest();
    assert.equal((await old.migrate(['--back', '--check'])).code, 0);
    assert.equal((await old.migrate(['--back'])).code, 0);
    assert.equal(old.digest(), back, 'the second time there is nothing to do');

    assert.equal((await old.migrate([])).code, 0);
    assert.equal(old.digest(), migrated);
  });

  it('is done by one of two at once, and the other says that nothing was left to do', async () => {
    const both = await Promise.all([old.migrate(['--back']), old.migrate(['--back'])]);
    assert.deepEqual(
      both.map(({ code }) => code),
      [0, 0],
    );
    const said = both.map(({ stdout }) => stdout.match(/changed: marker layout\.v2/g)?.length ?? 0);
    assert.deepEqual(said.toSorted(), [0, 1]);
  });

  it('leaves no session of another directory to the release before, nor one that cannot be read', async () => {
    for (const text of ['{"machine":"m0","agentId":"a","place":"elsewhere","session":"s"}', '{"machine']) {
      writeFileSync(join(old.data, 'session'), text);
      assert.equal((await old.migrate(['--back'])).code, 0);
      assert.ok(!readdirSync(old.data).includes('session'), text);
      assert.equal((await old.migrate([])).code, 0);
    }
  });

  it('changes nothing while an agent works there, nor what a newer Ensemble laid out', async () => {
    writeFileSync(join(old.data, 'agent.pid'), `${process.pid} ${findProcess(process.pid)?.startTime}\n`);
    const before = old.digest();
    const worked = await old.migrate(['--back']);
    assert.equal(worked.code, 3);
    assert.match(
      worked.stdout,
      new RegExp(`an agent works in it, process ${process.pid}; kill ${process.pid}`),
    );
    assert.equal(old.digest(), before);
    writeFileSync(join(old.data, 'layout.v99'), '');
    const newer = old.digest();
    const refused = await old.migrate(['--back']);
    assert.equal(refused.code, 78);
    assert.match(refused.stdout, /go back with the ensemble-migrate of that Ensemble/);
    assert.equal(old.digest(), newer);
    assert.equal((await old.migrate(['--back', '--backup', old.root])).code, 64);
  });

  it('is refused by release 0.1.0 until it is through, and comes to the same when it is killed and run again', async () => {
    const points = new Set(await old.pointsPassed(['--back']));
    const undisturbed = old.digest();
    assert.ok(
      points.has('migrate.older-marker.after') && points.has('migrate.session.before'),
      [...points].join(),
    );
    await Promise.all(
      [...points].map(async (point) => {
        const again = await OldRelease.unpack();
        try {
          assert.equal((await again.migrate([])).code, 0);
          assert.equal(await again.migrateWith(`${point}=kill`, ['--back']), 'SIGKILL', point);
          // 0.1.0 starts in no directory with another marker than its own.
          const isThrough = point === 'migrate.marker.after';
          assert.equal(markers(again.data).includes('layout.v2'), !isThrough, point);
          assert.equal((await again.migrate(['--back'])).code, 0, point);
          assert.equal(again.digest(), undisturbed, point);
        } finally {
          again.remove();
        }
      }),
    );
  });
});
