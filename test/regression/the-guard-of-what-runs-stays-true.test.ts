import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const MARK = 'STARTED_BY_ENSEMBLE=';

/** `run(command)` gives what became of a sink's command. */
const SINK = `
const { runCommand } = await import('${ROOT}watcher/sinks/command.js');
const { systemClock } = await import('${ROOT}state/platform/clock.js');
const rules = { kind: 'command', name: 'sink', timeout: 600_000, tries: 1, giveUp: 600_000 };
const announcement = { id: 'a', environment: 'e', service: 's' };
const run = (...command) => runCommand({ ...rules, command }, announcement, systemClock, new AbortController().signal);
`;

/** Opens files until there is no room for one more; \`closeAll()\` closes them. */
const NO_FILES = `
const { closeSync, openSync } = await import('node:fs');
const files = [];
const openAll = () => { try { for (;;) files.push(openSync('/dev/null')); } catch (error) { if (error.code !== 'EMFILE') throw error; } };
const closeAll = () => { for (const file of files.splice(0)) closeSync(file); };
`;

/** A command that leaves something running on purpose, once that is in a session of its own. */
const LEAVES = `await run('/bin/sh', '-c', \`
setsid sh -c 'echo $$ >"$HOME/pids"; exec sleep 1000' >/dev/null 2>&1 </dev/null &
until [ -s "$HOME/pids" ]; do sleep 0.02; done
\`)`;

const CANNOT_START = `${SINK}
const failed = await run('/bin/sh', '-c', 'a\\0b');
process.send(failed);
${LEAVES};
process.disconnect();
`;

const HAS_NO_FILES = `${SINK}${NO_FILES}
const { runGit, gitLimits } = await import('${ROOT}state/formula/repositories/git-process.js');
const { endableWhile, endReadingByCtrlC } = await import('${ROOT}state/formula/endable-while.js');
const signal = new AbortController().signal;
let listening = 0;
signal.addEventListener = () => { listening += 1; };
signal.removeEventListener = () => { listening -= 1; };
const location = { kind: 'git', url: 'git+file:///nowhere', remote: 'file:///nowhere', protocol: 'file' };
endReadingByCtrlC();
const before = process.listenerCount('exit');
openAll();
const git = await runGit({ location, arguments: ['version'], limits: { ...gitLimits, signal } }).catch((error) => error);
const read = await endableWhile('/nowhere', async () => 'read').catch((error) => error.message);
const sink = await run('/bin/true').catch((error) => error.message);
const left = { exits: process.listenerCount('exit') - before, listening, timers: process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length };
closeAll();
process.send({ git: git.message, code: git.code, read, sink, left });
${LEAVES};
process.disconnect();
`;

const HANGS = `${SINK}
process.on('message', (word) => process.send(word));
await run('/bin/sh', '-c', 'echo $$ >"$HOME/pids"; exec sleep 1000');
`;

describe('what looks after all that a program started', function () {
  this.timeout(120_000);
  let directory: string;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-guard-'));
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    child = undefined;
    const pid = await started().catch(() => undefined);
    if (pid !== undefined && isThere(pid)) process.kill(pid, 'SIGKILL');
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  });

  /** Runs a program that may have 128 files open. @returns its messages, and when it has ended */
  function start(program: string) {
    const limited = 'ulimit -n 128; exec "$@"';
    const own = spawn(
      '/bin/sh',
      ['-c', limited, 'sh', process.execPath, '--input-type=module', '-e', program],
      {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: { PATH: process.env.PATH, HOME: directory, TMPDIR: directory },
      },
    );
    child = own;
    const said: unknown[] = [];
    own.on('message', (message) => said.push(message));
    const ended = new Promise<number | null>((resolve) => own.on('exit', (code) => resolve(code)));
    return { own, said, ended };
  }
  /** The process that the command of a sink named. */
  async function started(): Promise<number> {
    const pid = Number(await readFile(join(directory, 'pids'), 'utf8'));
    assert.ok(pid > 0);
    return pid;
  }
  const isThere = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  /** The guards of whoever started a process. */
  async function guardsOf(pid: number): Promise<readonly number[]> {
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
    const mark = environment.find((each) => each.startsWith(MARK));
    assert.ok(mark !== undefined);
    const found: number[] = [];
    for (const name of (await readdir('/proc')).filter((each) => /^\d+$/.test(each))) {
      const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
      if (words.includes('ensemble-guard') && words.includes(mark)) found.push(Number(name));
    }
    return found;
  }
  /** Of a program that has ended by itself, after its guard has too. */
  async function isLeftRunning(ended: Promise<number | null>): Promise<boolean> {
    assert.equal(await ended, 0);
    const pid = await started();
    await eventually(async () => assert.deepEqual(isThere(pid) ? await guardsOf(pid) : [], []));
    return isThere(pid);
  }

  it('takes nothing to run that could not be started: what a command left on purpose goes on', async () => {
    const { said, ended } = start(CANNOT_START);
    assert.ok(await isLeftRunning(ended));
    assert.equal(said.length, 1);
    assert.match(JSON.stringify(said[0]), /cannot be started: ERR_INVALID_ARG_VALUE/);
  });

  it('does so too where as many files are open as may be, which is said, and leaves nothing behind', async () => {
    const { said, ended } = start(HAS_NO_FILES);
    assert.ok(await isLeftRunning(ended));
    const [{ git, code, read, sink, left }] = said as [Record<string, unknown>];
    assert.equal(code, 'repository-unavailable');
    assert.match(String(git), /git cannot be started: EMFILE/);
    assert.equal(read, 'read');
    assert.match(JSON.stringify(sink), /\/bin\/true cannot be started: EMFILE/);
    assert.deepEqual(left, { exits: 0, listening: 0, timers: 0 });
  });

  it('is there again at once where it was killed itself', async () => {
    const { own, said, ended } = start(HANGS);
    const pid = await eventually(started);
    const [first] = await eventually(async () => {
      const guards = await guardsOf(pid);
      assert.equal(guards.length, 1);
      return guards;
    });
    assert.ok(first !== undefined);
    process.kill(first, 'SIGKILL');
    await eventually(async () => {
      const guards = await guardsOf(pid);
      assert.equal(guards.length, 1);
      assert.ok(!guards.includes(first));
    }, 20_000);
    // By then it was told what runs, too.
    own.send('turned');
    await eventually(() => assert.deepEqual(said, ['turned']));
    own.kill('SIGKILL');
    await ended;
    await eventually(() => assert.equal(isThere(pid), false));
  });
});
