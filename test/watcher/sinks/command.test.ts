import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../state/platform/clock.js';
import { runCommand } from '../../../watcher/sinks/command.js';
import type { Attempt } from '../../../watcher/sinks/sink.js';
import { eventually, eventuallyTrue } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';

const announcement = { id: 'abc123', environment: 'e', service: 'web', did: 'notify' };
const never = new AbortController().signal;

describe('a command that announcements are given to', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-command-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const run = (
    script: string,
    clock = systemClock as typeof systemClock | ManualClock,
    signal = never,
  ): Promise<Attempt> =>
    runCommand(
      {
        name: 'pager',
        kind: 'command',
        command: ['/bin/sh', '-c', script, 'sh', directory],
        timeout: 30_000,
        tries: 3,
        giveUp: 1_000,
      },
      announcement,
      clock,
      signal,
    );
  const pidIn = (name: string): Promise<number> =>
    eventually(async () => {
      const pid = Number(await readFile(join(directory, name), 'utf8'));
      assert.ok(pid > 0);
      return pid;
    });
  const isAlive = async (pid: number): Promise<boolean> => {
    try {
      // One that has ended and that nobody has waited for is there as a zombie.
      return !/^\d+ \(.*\) Z/.test(await readFile(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  };

  it('gets it as JSON on its stdin, and acknowledges it by its success', async () => {
    assert.deepEqual(await run('cat > "$1/got"; env > "$1/env"'), { kind: 'acknowledged' });
    assert.deepEqual(JSON.parse(await readFile(join(directory, 'got'), 'utf8')), announcement);
    const env = await readFile(join(directory, 'env'), 'utf8');
    assert.match(env, /^ENSEMBLE_ANNOUNCEMENT=abc123$/m);
    assert.doesNotMatch(env, /^npm_/m);
  });

  it('need not read it', async () => {
    assert.deepEqual(await run('exec <&-; exit 0'), { kind: 'acknowledged' });
  });

  it('that fails says why', async () => {
    assert.deepEqual(await run('echo no line; exit 3'), {
      kind: 'failed',
      reason: 'it exits with 3: no line',
      isAway: false,
    });
  });

  it('that is not there is away', async () => {
    const attempt = await runCommand(
      { name: 'p', kind: 'command', command: ['/no/such'], timeout: 1_000, tries: 1, giveUp: 1 },
      announcement,
      systemClock,
      never,
    );
    assert.deepEqual(attempt, { kind: 'failed', reason: '/no/such cannot be started: ENOENT', isAway: true });
  });

  it('that hangs is ended in its time, with a grandchild that heeds nothing and holds its output', async () => {
    const clock = new ManualClock();
    const attempt = run(
      'trap "" TERM; (trap "" TERM; echo $$ >/dev/null; sh -c \'echo $PPID\' > "$1/pid"; while :; do sleep 1; done) & wait',
      clock,
    );
    const pid = await pidIn('pid');
    clock.advance(30_000);
    clock.advance(2_000);
    assert.deepEqual(await attempt, { kind: 'failed', reason: 'it did not end within 30 s', isAway: true });
    await eventuallyTrue('the grandchild has ended', async () => !(await isAlive(pid)));
  });

  it('that leaves something running and succeeds has it ended, and waits for it no moment', async () => {
    const attempt = await run(
      '(sh -c \'echo $PPID\' > "$1/pid"; exec sleep 1000) & while ! [ -s "$1/pid" ]; do :; done',
    );
    assert.deepEqual(attempt, { kind: 'acknowledged' });
    const pid = await pidIn('pid');
    await eventuallyTrue('it has ended', async () => !(await isAlive(pid)));
  });

  it('that floods is ended', async () => {
    const attempt = await run('exec yes');
    assert.ok(attempt.kind === 'failed');
    assert.match(attempt.reason, /printed more than 262144 bytes/);
  });

  it('is ended at once where the watcher ends', async () => {
    const ending = new AbortController();
    const attempt = run('sh -c \'echo $PPID\' > "$1/pid"; sleep 1000', systemClock, ending.signal);
    const pid = await pidIn('pid');
    ending.abort();
    assert.equal((await attempt).kind, 'failed');
    await eventuallyTrue('it has ended', async () => !(await isAlive(pid)));
  });
});
