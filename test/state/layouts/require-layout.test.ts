import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireDataLayout, requireHomeLayout } from '../../../state/layouts/require-layout.js';
import { lockFile } from '../../../state/platform/kernel-lock.js';
import { eventually } from '../../eventually.js';
import { agentProgram, ensembleProgram } from '../../programs.js';
import { projectDirectory } from '../../docs/project.js';
import { OldRelease } from '../../migrate/old-release.js';

const inUse = (pid: number | undefined): Error => new Error(`in use by ${pid}`);

describe('the layout that programs require', () => {
  let old: OldRelease;
  beforeEach(async () => {
    old = await OldRelease.unpack();
  });
  afterEach(() => old.remove());

  it('of a home: one that is not there stays so, and one of files only is marked', async () => {
    const home = join(old.root, 'new');
    assert.deepEqual(await requireHomeLayout(home), []);
    assert.ok(!existsSync(home));
    mkdirSync(home);
    writeFileSync(join(home, 'environments.yaml'), 'environments: {}\n');
    assert.deepEqual(await requireHomeLayout(home), []);
    assert.deepEqual(readdirSync(home).sort(), ['environments.yaml', 'layout.v2']);
  });

  it('of a data directory: who fills a new one marks it', async () => {
    const directory = join(old.root, 'new');
    assert.equal(await requireDataLayout(directory, 'm0', 'agent.lock', inUse), 'new');
    assert.ok(!existsSync(directory));
    mkdirSync(directory);
    writeFileSync(join(directory, 'agent.lock'), '');
    assert.equal(await requireDataLayout(directory, 'm0', 'agent.lock', inUse), 'new');
    assert.deepEqual(readdirSync(directory), ['agent.lock']);
  });

  it('is brought about by ensemble-migrate where an older release left another', async () => {
    assert.deepEqual(await requireHomeLayout(old.home), []);
    assert.ok(existsSync(join(old.home, 'layout.v2')));
    assert.ok(existsSync(join(old.data, 'layout.v1')), 'each data directory is its agent’s');
    writeFileSync(join(old.data, 'runs', readdirSync(join(old.data, 'runs'))[0] ?? '', 'process'), 'x');
    const [left = '', ...others] = await requireDataLayout(old.data, 'web1', 'agent.lock', inUse);
    assert.match(left, /^runs\/\S+ was left as it is: it does not say which process runs the hook/);
    assert.deepEqual(others, []);
    assert.equal(JSON.parse(readFileSync(join(old.data, 'session'), 'utf8')).machine, 'web1');
  });

  it('is refused of a newer release', async () => {
    writeFileSync(join(old.home, 'layout.v3'), '');
    await assert.rejects(requireHomeLayout(old.home), {
      code: 'data-directory-too-new',
      message: `${old.home} was laid out by a newer Ensemble (layout.v3)`,
    });
    // Files alone do not make it this one's.
    rmSync(join(old.home, 'local'), { recursive: true });
    await assert.rejects(requireHomeLayout(old.home), { code: 'data-directory-too-new' });
  });

  it('cannot be had where an agent works, or something keeps the directory from being changed', async () => {
    rmSync(join(old.data, 'runs'), { recursive: true });
    writeFileSync(join(old.data, 'runs'), 'no directory');
    await assert.rejects(requireDataLayout(old.data, 'm0', 'agent.lock', inUse), {
      code: 'layout-not-changed',
      message: /has the layout of an older Ensemble, and cannot be given this one's: .*runs/,
    });
    const start = readFileSync('/proc/self/stat', 'utf8').split(' ')[21];
    writeFileSync(join(old.data, 'agent.pid'), `${process.pid} ${start}\n`);
    await assert.rejects(requireDataLayout(old.data, 'm0', 'agent.lock', inUse), {
      message: `in use by ${process.pid}`,
    });
  });

  it('is refused while an agent has the lock that has not written its claim yet', async () => {
    rmSync(join(old.data, 'agent.pid'), { force: true });
    const lock = await lockFile(join(old.data, 'agent.lock'));
    assert.equal(lock.kind, 'held');
    try {
      await assert.rejects(requireDataLayout(old.data, 'm0', 'agent.lock', inUse), {
        message: 'in use by undefined',
      });
    } finally {
      if (lock.kind === 'held') lock.release();
    }
  });

  it('is asked for in vain where ensemble-migrate is missing, which is said, and what to do', async () => {
    const place = mkdtempSync(join(tmpdir(), 'ensemble-alone-'));
    try {
      cpSync(join(projectDirectory, 'dist/bin'), join(place, 'dist/bin'), { recursive: true });
      cpSync(join(projectDirectory, 'package.json'), join(place, 'package.json'));
      symlinkSync(join(projectDirectory, 'node_modules'), join(place, 'node_modules'));
      rmSync(join(place, 'dist/bin/ensemble-migrate.cjs'));
      const status = (): ReturnType<typeof spawnSync> =>
        spawnSync(process.execPath, [join(place, 'dist/bin/ensemble.cjs'), 'status'], {
          env: { PATH: process.env.PATH, HOME: place, ENSEMBLE_HOME: old.home },
          encoding: 'utf8',
        });
      const refused = status();
      assert.equal(refused.status, 1);
      assert.match(
        String(refused.stderr),
        /the program that changes it is missing: \S+ensemble-migrate\.cjs\n {2}try: install this release of Ensemble again, whole/,
      );
      // Installed whole.
      cpSync(join(projectDirectory, 'dist/bin'), join(place, 'dist/bin'), { recursive: true });
      assert.equal(status().status, 0);
    } finally {
      rmSync(place, { recursive: true });
    }
  });

  it('costs an agent one stat of its home and one of its data directory', async function () {
    this.timeout(120_000);
    if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) this.skip();
    const home = join(old.root, 'fresh');
    const data = join(home, 'local', 'machines', 'm0');
    const env = { PATH: process.env.PATH, HOME: old.root, ENSEMBLE_HOME: home };
    execFileSync(process.execPath, [ensembleProgram, 'bootstrap'], { env, stdio: 'ignore' });
    const trace = join(old.root, 'trace');
    const words = [process.execPath, agentProgram, '--machine', 'm0'];
    /** Runs an agent until it is up, and ends it. */
    const agent = async (...before: readonly string[]): Promise<void> => {
      const [program = '', ...rest] = [...before, ...words];
      const child = spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'close');
      let log = '';
      child.stdout.on('data', (piece: Buffer) => {
        log += piece.toString();
      });
      await eventually(() => assert.match(log, /machine m0 is up/), 60_000);
      process.kill(Number(readFileSync(join(data, 'agent.pid'), 'utf8').split(' ')[0]), 'SIGTERM');
      await ended;
    };
    await agent();
    await agent('strace', '-f', '-o', trace, '-e', 'trace=%file,%process');
    const calls = readFileSync(trace, 'utf8').split('\n');
    const ofLayout = calls.filter((call) => /layout\.v|ensemble-migrate|migrate\.lock/.test(call));
    assert.deepEqual(
      ofLayout.map((call) => /"(.*?)"/.exec(call)?.[1]).sort(),
      [join(home, 'layout.v2'), join(data, 'layout.v2')].sort(),
      ofLayout.join('\n'),
    );
  });

  it('costs one stat where it is there', async function () {
    if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) {
      // Named by its title among the skipped.
      this.skip();
    }
    const env = { PATH: process.env.PATH, HOME: old.root, ENSEMBLE_HOME: old.home };
    const traced = (): readonly string[] => {
      const trace = join(old.root, 'trace');
      const words = [
        '-f',
        '-o',
        trace,
        '-e',
        'trace=%file,%process',
        process.execPath,
        ensembleProgram,
        'status',
      ];
      execFileSync('strace', words, { env, stdio: 'ignore' });
      return readFileSync(trace, 'utf8').split('\n');
    };
    execFileSync(process.execPath, [ensembleProgram, 'status'], { env, stdio: 'ignore' });
    const calls = traced();
    const ofLayout = calls.filter((call) => /layout\.v|ensemble-migrate|migrate\.lock/.test(call));
    assert.equal(ofLayout.length, 1, ofLayout.join('\n'));
    assert.match(ofLayout[0] ?? '', /stat[a-z0-9]*\(.*\/home\/layout\.v2"/);
    const ofHome = calls.filter((call) => call.includes(`"${old.home}"`));
    assert.deepEqual(
      ofHome.filter((call) => /open/.test(call)),
      [],
      'nor is the home listed',
    );
  });
});
