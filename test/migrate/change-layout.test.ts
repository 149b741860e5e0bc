import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireHomeLayout } from '../../state/layouts/require-layout.js';
import { findProcess } from '../../state/platform/process-stat.js';
import { cannotMount } from '../remedies/mounting.js';
import { OldRelease } from './old-release.js';

describe('ensemble-migrate', () => {
  let old: OldRelease;
  beforeEach(async () => {
    old = await OldRelease.unpack();
  });
  afterEach(() => old.remove());

  it('brings what release 0.1.0 left to this layout, once, and tells what it changed', async () => {
    const before = old.digest();
    assert.equal((await old.migrate(['--check'])).code, 2);
    const planned = await old.migrate(['--plan']);
    assert.equal(planned.code, 2);
    assert.match(planned.stdout, /to be changed: session session/);
    assert.equal(old.digest(), before, 'to look changes nothing');

    const done = await old.migrate([]);
    assert.equal(done.code, 0, done.stdout);
    const changes = (text: string): readonly string[] =>
      [...text.matchAll(/^ {2}(?:to be )?changed: (.*)$/gm)].map(([, change = '']) => change);
    assert.deepEqual(changes(done.stdout), changes(planned.stdout));
    const session = JSON.parse(readFileSync(join(old.data, 'session'), 'utf8'));
    assert.equal(session.machine, 'm0');
    assert.match(session.session, /^[0-9a-f-]{36}$/);
    assert.equal(readFileSync(join(old.data, 'agent.pid'), 'utf8').trim().split(' ').length, 4);
    for (const run of readdirSync(join(old.data, 'runs'))) {
      const [leader, , waiter] = readFileSync(join(old.data, 'runs', run, 'process'), 'utf8').split('\n');
      assert.equal(waiter, leader);
    }
    for (const file of ['data.mdb', 'lock.mdb'])
      for (const store of [join(old.data, 'journal'), join(old.home, 'local/state')])
        assert.equal(statSync(join(store, file)).mode & 0o077, 0);
    assert.deepEqual(
      [old.home, old.data].map((directory) => readdirSync(directory).filter((name) => /^layout/.test(name))),
      [['layout.v2'], ['layout.v2']],
    );

    const after = old.digest();
    assert.equal((await old.migrate(['--check'])).code, 0);
    assert.equal((await old.migrate([])).code, 0);
    assert.equal(old.digest(), after, 'the second time there is nothing to do');
  });

  it('of several at once lets one change a directory, and the others find it changed', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => old.migrate([])));
    assert.deepEqual(
      runs.map(({ code }) => code),
      [0, 0, 0],
    );
    const changed = runs.filter(({ stdout }) => stdout.includes('changed: session'));
    assert.equal(changed.length, 1);
  });

  it('refuses a newer layout, and touches no byte, whatever else stands beside it', async () => {
    for (const directory of [old.home, old.data]) writeFileSync(join(directory, 'layout.v99'), 'later\n');
    const before = old.digest();
    for (const words of [['--check'], ['--plan'], [], ['--backup', join(old.root, 'copy')]]) {
      const { code, stdout } = await old.migrate(words);
      assert.equal(code, 78);
      assert.match(stdout, /was laid out by a newer Ensemble \(layout\.v99\)/);
    }
    assert.equal(old.digest(), before);
  });

  it('removes the older of two markers', async () => {
    await old.migrate([]);
    const after = old.digest();
    writeFileSync(join(old.data, 'layout.v1'), '', { mode: 0o600 });
    assert.equal((await old.migrate(['--check'])).code, 2);
    assert.equal((await old.migrate([])).code, 0);
    assert.equal(old.digest(), after);
  });

  it('marks an empty directory at once, and makes none by --no-create', async () => {
    const [there, absent] = [join(old.root, 'there'), join(old.root, 'absent')];
    mkdirSync(there);
    assert.equal((await old.migrate(['--home', there])).code, 0);
    assert.deepEqual(readdirSync(there).sort(), ['layout.v2', 'migrate.lock']);
    for (const words of [['--no-create'], ['--check'], ['--plan']]) {
      const { code, stdout } = await old.migrate(['--home', absent, ...words]);
      assert.deepEqual([code, stdout], [0, `home ${absent}: it is not there\n`], words.join());
      assert.ok(!readdirSync(old.root).includes('absent'));
    }
    const made = await old.migrate(['--home', absent]);
    assert.deepEqual(
      [made.code, made.stdout],
      [0, `home ${absent}: it was not there, and was made, with layout 2; --no-create makes none\n`],
    );
    assert.ok(readdirSync(absent).includes('layout.v2'));
    assert.match((await old.migrate(['--home', absent])).stdout, /: it has layout 2\n$/);
  });

  it('goes on past things that are illegible, of a hundred, and names each with what to do', async () => {
    const runs = join(old.data, 'runs');
    const [sample = ''] = readdirSync(runs);
    const text = readFileSync(join(runs, sample, 'process'), 'utf8');
    for (let index = 0; index < 100; index += 1) {
      const run = join(runs, `run-${String(index).padStart(3, '0')}`);
      mkdirSync(run);
      writeFileSync(join(run, 'claim'), '');
      writeFileSync(join(run, 'process'), [13, 57, 88].includes(index) ? '12 (sh' : text);
    }
    const { code, stdout } = await old.migrate(['--data-dir', old.data]);
    assert.equal(code, 0);
    assert.deepEqual(
      [...stdout.matchAll(/left as it is: (\S+):/g)].map(([, item]) => item),
      ['runs/run-013', 'runs/run-057', 'runs/run-088'],
    );
    assert.match(stdout, /try: end what is left of it, if anything is; its files: ls -l /);
    assert.equal([...stdout.matchAll(/ {2}changed: run /g)].length, 97 + 2);
    const { left } = JSON.parse(readFileSync(join(old.data, 'layout.v2'), 'utf8'));
    assert.equal(left.length, 3, 'the marker remembers them');
    assert.equal((await old.migrate(['--check', '--data-dir', old.data])).code, 0);
  });

  it('changes nothing while an agent works there, and names its process', async () => {
    const start = findProcess(process.pid)?.startTime;
    writeFileSync(join(old.data, 'agent.pid'), `${process.pid} ${start}\n`);
    const session = readFileSync(join(old.data, 'session'), 'utf8');
    const { code, stdout } = await old.migrate(['--data-dir', old.data]);
    assert.equal(code, 3);
    assert.match(stdout, new RegExp(`an agent works in it, process ${process.pid}; kill ${process.pid}`));
    assert.equal(readFileSync(join(old.data, 'session'), 'utf8'), session);
    assert.ok(readdirSync(old.data).includes('layout.v1'));
  });

  it('asks whose data directory it is where nothing says so', async () => {
    const elsewhere = join(old.root, 'elsewhere');
    spawnSync('cp', ['-a', old.data, elsewhere]);
    const { code, stdout } = await old.migrate(['--data-dir', elsewhere]);
    assert.equal(code, 3);
    const [command = ''] = /ensemble-migrate (--data-dir .* --machine MACHINE)/.exec(stdout)?.slice(1) ?? [];
    assert.equal((await old.migrate(command.replace('MACHINE', 'm7').split(' '))).code, 0);
    assert.equal(JSON.parse(readFileSync(join(elsewhere, 'session'), 'utf8')).machine, 'm7');
  });

  it('copies what it changes before, where it is asked to', async () => {
    const copies = join(old.root, 'copies');
    const session = readFileSync(join(old.data, 'session'), 'utf8');
    assert.equal((await old.migrate(['--backup', copies])).code, 0);
    assert.deepEqual(readdirSync(copies).sort(), ['home', 'm0']);
    assert.equal(readFileSync(join(copies, 'm0', 'session'), 'utf8'), session);
    assert.ok(readdirSync(join(copies, 'm0')).includes('layout.v1'));
    assert.ok(readdirSync(join(copies, 'home')).includes('environments.yaml'));
    const inside = await old.migrate(['--home', copies, '--backup', join(copies, 'home')]);
    assert.equal(inside.code, 0, 'what is new has nothing to be copied');
    assert.equal((await old.migrate(['--foo'])).code, 64);
  });

  it('tells of a home on a read-only file system, and of what to do', async function () {
    const cannot = cannotMount();
    if (cannot !== undefined) this.skip();
    assert.equal(spawnSync('mount', ['--bind', old.home, old.home]).status, 0);
    try {
      assert.equal(spawnSync('mount', ['-o', 'remount,ro,bind', old.home]).status, 0);
      const before = old.digest();
      const { code, stdout } = await old.migrate([]);
      assert.equal(code, 3);
      assert.match(stdout, /the file system is read-only; mount it writable/);
      assert.equal(old.digest(), before);
    } finally {
      spawnSync('umount', [old.home]);
    }
  });

  it('takes a home as it is that cannot be written, and in which nothing is to be changed', async function () {
    const cannot = cannotMount();
    if (cannot !== undefined) this.skip();
    const home = join(old.root, 'shared');
    mkdirSync(join(home, 'keys'), { recursive: true });
    writeFileSync(join(home, 'environments.yaml'), 'environments: {}\n');
    assert.equal(spawnSync('mount', ['--bind', home, home]).status, 0);
    try {
      assert.equal(spawnSync('mount', ['-o', 'remount,ro,bind', home]).status, 0);
      assert.deepEqual(await requireHomeLayout(home), []);
    } finally {
      spawnSync('umount', [home]);
    }
    assert.deepEqual(readdirSync(home).sort(), ['environments.yaml', 'keys']);
  });

  it('ends as if undisturbed when it was killed at any point, the first or the last time, and run again', async () => {
    const points = await old.pointsPassed([]);
    assert.ok(
      points.includes('migrate.marker.after') && points.includes('migrate.run.before'),
      points.join(),
    );
    const times = (point: string): number => points.filter((each) => each === point).length;
    const undisturbed = old.digest();
    const faults = [...new Set(points)].flatMap((point) => [
      `${point}=kill`,
      ...(times(point) > 1 ? [`${point}=kill:${times(point)}`] : []),
    ]);
    assert.ok(
      faults.some((fault) => /run\.after=kill:\d$/.test(fault)),
      faults.join(),
    );
    await Promise.all(
      faults.map((fault) =>
        withAnother(async (again) => {
          assert.equal(await again.migrateWith(fault, []), 'SIGKILL', fault);
          assert.equal((await again.migrate([])).code, 0, fault);
          assert.equal(again.digest(), undisturbed, fault);
        }),
      ),
    );
  });

  it('makes a whole copy where it was killed at that, and leaves no piece of one', async () => {
    const whole = await old.pointsPassed(['--backup', join(old.root, 'copies')]);
    const undisturbed = old.digest();
    const points = [...new Set(whole.filter((point) => point.startsWith('migrate.backup')))];
    assert.deepEqual(points, ['migrate.backup.before', 'migrate.backup.copied', 'migrate.backup.after']);
    await Promise.all(
      points.map((point) =>
        withAnother(async (again) => {
          const copies = join(again.root, 'copies');
          assert.equal(await again.migrateWith(`${point}=kill`, ['--backup', copies]), 'SIGKILL', point);
          assert.ok(!existsSync(join(again.home, 'layout.v2')), 'nothing is changed before it is copied');
          assert.equal((await again.migrate(['--backup', copies])).code, 0, point);
          assert.deepEqual(readdirSync(copies).sort(), ['home', 'm0'], point);
          assert.equal(again.digest(), undisturbed, point);
        }),
      ),
    );
  });

  it('goes on where it stopped on a disk that was full, and has left nothing half done', async function () {
    const cannot = cannotMount();
    if (cannot !== undefined) this.skip();
    await old.migrate([]);
    const undisturbed = old.digest();
    await withAnother(async (again) => {
      const aside = join(again.root, 'aside');
      assert.equal(spawnSync('cp', ['-a', again.data, aside]).status, 0);
      const options = ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', again.data];
      assert.equal(spawnSync('mount', options).status, 0);
      try {
        assert.equal(spawnSync('cp', ['-a', `${aside}/.`, again.data]).status, 0);
        rmSync(aside, { recursive: true });
        const filler = join(again.data, 'filler');
        spawnSync('sh', ['-c', `cat /dev/zero >'${filler}' 2>/dev/null`]);
        const { code, stdout } = await again.migrate([]);
        assert.equal(code, 3);
        assert.match(stdout, /could not be brought to layout 2: .*the disk is full; make room there/);
        assert.ok(!existsSync(join(again.data, 'layout.v2')), 'it is not marked');
        assert.ok(existsSync(join(again.data, 'layout.v1')), 'nor taken for an empty one');
        assert.equal((await again.migrate(['--check'])).code, 2);
        rmSync(filler);
        assert.equal((await again.migrate([])).code, 0);
        assert.equal(again.digest(), undisturbed);
      } finally {
        spawnSync('umount', [again.data]);
      }
    });
  });
});

async function withAnother(work: (again: OldRelease) => Promise<void>): Promise<void> {
  const again = await OldRelease.unpack();
  try {
    await work(again);
  } finally {
    again.remove();
  }
}
