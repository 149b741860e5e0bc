import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveLeases } from '../../../agent/postpone/leases.js';
import { writeToolDirectory } from '../../../hooks/client/tool-directory.js';
import { bootId } from '../../../state/platform/boot.js';
import { findPerl } from '../../../state/platform/find-perl.js';
import { eventually } from '../../eventually.js';

interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the busy tools', function () {
  this.timeout(120_000);
  let root: string;
  let unit: string;
  const running: ChildProcess[] = [];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "ensemble-busy'-"));
    unit = join(root, 'units', 'f-0');
    await mkdir(join(unit, 'log'), { recursive: true });
    await writeToolDirectory(join(root, 'tools'), findPerl());
  });
  afterEach(async () => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  });

  const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: `${join(root, 'tools')}:${process.env.PATH}`,
    ENSEMBLE_UNIT_NAME: 'f/0',
    ...more,
  });
  /** Runs a line as a job of a formula would, with nothing but the unit's name. */
  const sh = (line: string, more: NodeJS.ProcessEnv = {}): Promise<End> =>
    new Promise((resolve) => {
      const child = execFile('/bin/sh', ['-c', line], { env: environment(more) }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
      running.push(child);
    });
  /** A job that goes on until it is told otherwise. */
  const job = (line: string, more: NodeJS.ProcessEnv = {}): ChildProcess => {
    const child = spawn('/bin/sh', ['-c', line], {
      env: environment(more),
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    running.push(child);
    return child;
  };
  const live = () => liveLeases(unit, { now: Date.now(), boot: bootId() });
  const names = () => live().map(({ name }) => name);

  it('give a process a lease until it ends it', async () => {
    const child = job('busy-begin --reason "a backup" backup; read line; busy-end backup; read line');
    await eventually(() => assert.deepEqual(names(), ['backup']));
    const [lease] = live();
    assert.deepEqual([lease?.pid, lease?.reason, lease?.until], [child.pid, 'a backup', undefined]);
    child.stdin?.write('go on\n');
    await eventually(() => assert.deepEqual(names(), []));
  });

  it('give up a lease with its process, however that ends, and clear it away with the next call', async () => {
    const child = job('busy-begin backup; read line');
    await eventually(() => assert.deepEqual(names(), ['backup']));
    child.kill('SIGKILL');
    await eventually(() => assert.deepEqual(names(), []));
    assert.equal((await readdir(join(unit, 'busy'))).length, 1);
    assert.equal((await sh('busy-run true')).code, 0);
    assert.deepEqual(
      (await readdir(join(unit, 'busy'))).map((name) => name.replace(/\d+$/, 'PID')),
      ['true.PID'],
    );
  });

  it('run a command under a lease that is its own, with its exit status and its signals', async () => {
    assert.equal((await sh("busy-run --name nightly -- sh -c 'exit 7'")).code, 7);
    const child = job('exec busy-run --reason r sleep 600');
    await eventually(() =>
      assert.deepEqual(
        live().map(({ name, pid }) => [name, pid]),
        [['sleep', child.pid]],
      ),
    );
    child.kill('SIGTERM');
    await eventually(() => assert.deepEqual(names(), []));
    const missing = await sh('busy-run no-such-command');
    assert.deepEqual([missing.code, names()], [127, []]);
    assert.match(missing.stderr, /^busy-run: no-such-command cannot be run: /);
  });

  it('end a lease at its time', async () => {
    job('busy-begin --ttl 1s short; read line');
    await eventually(() => assert.deepEqual(names(), ['short']));
    const [lease] = live();
    assert.equal((lease?.until ?? 0) - (lease?.since ?? 0), 1);
    await eventually(() => assert.deepEqual(names(), []));
  });

  it('take another process for its holder where that is named', async () => {
    const holder = job('read line');
    assert.equal((await sh(`busy-begin --pid ${holder.pid} daemon`)).code, 0);
    assert.deepEqual(names(), ['daemon']);
    assert.equal((await sh('busy-end daemon')).code, 0, 'it is not the caller’s');
    assert.deepEqual(names(), ['daemon']);
    assert.equal((await sh(`busy-end --pid ${holder.pid} daemon`)).code, 0);
    assert.deepEqual(names(), []);
  });

  it('wait while an upgrade keeps new work waiting, say so and in the log, and then go on', async () => {
    const mark = join(unit, 'inhibit');
    await writeFile(mark, '{"hint":"upgrade","from":"w:f-1","to":"w:f-2","since":"x"}\n');
    let said = '';
    const child = job('busy-begin backup; read line');
    child.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
    });
    await eventually(() =>
      assert.equal(said, 'busy-begin: backup waits: an upgrade to w:f-2 of f/0 goes first\n'),
    );
    assert.deepEqual(names(), []);
    // It says so first, and writes it down then.
    await eventually(async () =>
      assert.match(
        await readFile(join(unit, 'log', 'hooks.log'), 'utf8'),
        /INFO busy-begin: backup of process \d+ waits/,
      ),
    );
    const impatient = await sh('busy-run --wait 1s -- true');
    assert.equal(impatient.code, 75);
    assert.match(impatient.stderr, /was not begun: an upgrade of f\/0 goes first, and is not through/);
    await rm(mark);
    await eventually(() => assert.deepEqual(names(), ['backup']));
  });

  it('do not wait in a hook that runs, for which the upgrade waits, nor in a process that is busy already', async () => {
    await writeFile(join(unit, 'inhibit'), '{"to":"w:f-2"}\n');
    await mkdir(join(root, 'runs', 'id'), { recursive: true });
    await writeFile(join(root, 'runs', 'id', 'claim'), '');
    assert.equal((await sh('busy-begin --wait 1s x', { ENSEMBLE_CLIENT_ID: 'id' })).code, 0);
    await writeFile(join(root, 'runs', 'id', 'status'), '0\n');
    assert.equal((await sh('busy-begin --wait 1s x', { ENSEMBLE_CLIENT_ID: 'id' })).code, 75);
    await rm(join(unit, 'inhibit'));
    const child = job('busy-begin first; read line; busy-begin --wait 1s second; read line');
    await eventually(() => assert.deepEqual(names(), ['first']));
    await writeFile(join(unit, 'inhibit'), '{"to":"w:f-2"}\n');
    child.stdin?.write('go on\n');
    await eventually(() => assert.deepEqual(names(), ['first', 'second']));
  });

  const refusals: readonly (readonly [string, number, RegExp, NodeJS.ProcessEnv?])[] = [
    ['busy-begin', 2, /name one lease/],
    ['busy-begin a b', 2, /name one lease/],
    ['busy-begin ../x', 2, /is no name for a lease/],
    ['busy-begin --ttl soon x', 2, /--ttl takes a time such as/],
    ['busy-begin --ttl 0s x', 2, /--ttl takes a time longer than none/],
    ['busy-begin --pid me x', 2, /--pid takes the number of a process/],
    ['busy-begin --pid 999999999 x', 1, /there is no process 999999999/],
    ['busy-begin --ttl', 2, /--ttl takes a value/],
    ['busy-begin --what x', 2, /unknown option --what/],
    ['busy-run', 2, /name the command to run/],
    ['busy-end --ttl 3s x', 2, /unknown option --ttl/],
    ['busy-begin x', 1, /ENSEMBLE_UNIT_NAME is not set/, { ENSEMBLE_UNIT_NAME: '' }],
    ['busy-begin x', 2, /names no unit/, { ENSEMBLE_UNIT_NAME: '../f' }],
    ['busy-begin x', 1, /unit g\/7 is not on this machine/, { ENSEMBLE_UNIT_NAME: 'g/7' }],
  ];
  for (const [line, code, message, more] of refusals)
    it(`refuse ${line}${more === undefined ? '' : ` of unit ${JSON.stringify(more.ENSEMBLE_UNIT_NAME)}`}`, async () => {
      const end = await sh(line, more);
      assert.equal(end.code, code, end.stderr);
      assert.match(end.stderr, message);
      assert.equal(existsSync(join(unit, 'busy')), false);
    });
});
