import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { FormulaDirectoryMissing } from '../../../hooks/errors.js';
import type { HookOutcome, HookSpec } from '../../../hooks/process/hook-run.js';
import { HookNotExecutable } from '../../../state/formula/errors.js';
import { adoptToEnd, isAlive, kill, parentOf, runToEnd, start, UnitFixture, until } from '../fixtures.js';

interface Row {
  readonly name: string;
  readonly script: string;
  readonly options?: Partial<HookSpec>;
  readonly outcome: HookOutcome;
  readonly log?: RegExp;
}

const table: Row[] = [
  {
    name: 'succeeds',
    script: '#!/bin/sh\necho out; echo err >&2\n',
    outcome: { kind: 'succeeded' },
    log: /^out\nerr\n$/,
  },
  {
    name: 'fails',
    script: '#!/bin/sh\necho no; exit 3\n',
    outcome: { kind: 'failed', exitCode: 3 },
    log: /^no\n$/,
  },
  {
    name: 'fails with the status of a hook that could not claim its run',
    script: '#!/bin/sh\nexit 125\n',
    outcome: { kind: 'failed', exitCode: 125 },
  },
  {
    name: 'has a bad interpreter',
    script: '#!/no/such/interpreter\n',
    outcome: { kind: 'failed', exitCode: 127 },
  },
  {
    name: 'has no interpreter line',
    script: 'echo plain\n',
    outcome: { kind: 'succeeded' },
    log: /^plain\n$/,
  },
  { name: 'kills itself', script: '#!/bin/sh\nkill -9 $$\n', outcome: { kind: 'killed', signal: 'SIGKILL' } },
  {
    name: 'terminates itself',
    script: '#!/bin/sh\nkill $$\n',
    outcome: { kind: 'killed', signal: 'SIGTERM' },
  },
  {
    name: 'kills its whole process group',
    script: '#!/bin/sh\nkill -9 0\n',
    outcome: { kind: 'killed', signal: 'SIGKILL' },
  },
  {
    name: 'takes too long',
    script: '#!/bin/sh\nsleep 60\n',
    options: { timeLimit: 100 },
    outcome: { kind: 'timed-out', afterMs: 100 },
  },
  {
    name: 'takes too long and ignores SIGTERM',
    script: "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.05; done\n",
    options: { timeLimit: 100, killDelay: 100 },
    outcome: { kind: 'timed-out', afterMs: 100 },
  },
  {
    name: 'takes too long and then ends in good order',
    script: "#!/bin/sh\ntrap 'echo tidied; exit 0' TERM\nwhile :; do sleep 0.05; done\n",
    options: { timeLimit: 200, killDelay: 5_000 },
    outcome: { kind: 'timed-out', afterMs: 200 },
    log: /tidied/,
  },
  {
    name: 'writes a great deal',
    script: '#!/bin/sh\nhead -c 5000000 /dev/zero | tr "\\0" x\n',
    outcome: { kind: 'succeeded' },
    log: /^x{5000000}$/,
  },
  {
    name: 'is written in python',
    script: '#!/usr/bin/env python3\nimport sys\nprint("python", len(sys.argv))\n',
    outcome: { kind: 'succeeded' },
    log: /^python 1\n$/,
  },
  {
    name: 'reads its input, which is empty',
    script: '#!/bin/sh\ncat; read line || exit 4\n',
    outcome: { kind: 'failed', exitCode: 4 },
  },
];

describe('the outcome of a hook', () => {
  let unit: UnitFixture;
  beforeEach(() => {
    unit = new UnitFixture();
  });
  afterEach(() => unit.remove());

  for (const { name, script, options, outcome, log } of table) {
    it(`that ${name} is ${JSON.stringify(outcome)}`, async () => {
      unit.writeHook('install', script);
      assert.deepEqual(await runToEnd(unit.spec('install', options)), outcome);
      if (log) assert.match(readFileSync(unit.log, 'utf8'), log);
    });
  }

  it('is a success where the formula has no such hook, and nothing is left of the run', async () => {
    unit.writeHook('install', '');
    const spec = unit.spec('start');
    assert.deepEqual(await runToEnd(spec), { kind: 'missing' });
    assert.ok(!existsSync(spec.runDirectory));
  });

  it('does not come about where the hook is not executable: the error names the command', async () => {
    const path = unit.writeHook('install', '#!/bin/sh\n', 0o644);
    await assert.rejects(runToEnd(unit.spec('install')), (error) => {
      assert.ok(error instanceof HookNotExecutable);
      assert.equal(error.reason, 'mode');
      assert.equal(error.message, `the hook install is not executable: ${path}`);
      assert.match(error.next ?? '', /chmod \+x hooks\/install/);
      return true;
    });
  });

  it('does not come about where the hook is a directory or a link to nothing', async () => {
    unit.writeHook('install/file', '');
    await assert.rejects(runToEnd(unit.spec('install')), { reason: 'not-a-file' });
    symlinkSync('nowhere', unit.path('formula', 'hooks', 'stop'));
    await assert.rejects(runToEnd(unit.spec('stop')), { reason: 'dangling' });
  });

  it('is no success where the whole formula is missing', async () => {
    await assert.rejects(runToEnd(unit.spec('install')), FormulaDirectoryMissing);
  });

  it('does not wait for a background process that keeps the output open, nor end it', async () => {
    unit.writeHook('start', `#!/bin/sh\nsleep 60 & echo $! >'${unit.path('pid')}'\n`);
    const began = Date.now();
    assert.deepEqual(await runToEnd(unit.spec('start')), { kind: 'succeeded' });
    assert.ok(Date.now() - began < 30_000);
    const pid = Number(readFileSync(unit.path('pid'), 'utf8'));
    assert.ok(isAlive(pid), 'what a hook leaves running is its service');
    kill(pid);
  });

  it('of a hook over its limit comes when also its children are gone', async () => {
    unit.writeHook(
      'start',
      `#!/bin/sh\n(trap '' TERM; while :; do sleep 0.05; done) & echo $! >'${unit.path('pid')}'\nsleep 60\n`,
    );
    const outcome = await runToEnd(unit.spec('start', { timeLimit: 300, killDelay: 100 }));
    assert.equal(outcome.kind, 'timed-out');
    const pid = Number(readFileSync(unit.path('pid'), 'utf8'));
    await until('the child to be gone', () => !isAlive(pid));
  });

  it('of a hook whose launcher was killed comes when the hook and its children are gone, so that hooks never overlap', async () => {
    const file = unit.path('pid');
    unit.writeHook(
      'start',
      `#!/bin/sh\nsleep 60 & echo $! >'${file}.new'; mv '${file}.new' '${file}'\nwait\n`,
    );
    const hook = await start(unit.spec('start'));
    const child = await until('the child', () => existsSync(file) && Number(readFileSync(file, 'utf8')));
    process.kill(parentOf(hook.pid), 'SIGKILL');
    assert.ok(isAlive(hook.pid) && isAlive(child), 'they go on');
    process.kill(hook.pid, 'SIGKILL');
    assert.deepEqual(await hook.outcome, { kind: 'killed' });
    await until('the child to be gone', () => !isAlive(child));
  });

  it('stands once it is there: stopping the hook afterwards touches nothing that it left running', async () => {
    unit.writeHook('start', `#!/bin/sh\nsleep 60 & echo $! >'${unit.path('pid')}'\nexit 3\n`);
    const hook = await start(unit.spec('start', { killDelay: 10 }));
    await hook.outcome;
    assert.deepEqual(await hook.stop(), { kind: 'failed', exitCode: 3 });
    const pid = Number(readFileSync(unit.path('pid'), 'utf8'));
    assert.ok(isAlive(pid));
    kill(pid);
  });

  it('does not come about where the system refuses the process or its files', async () => {
    unit.writeHook('start', '#!/bin/sh\n');
    const spec = unit.spec('start');
    await assert.rejects(runToEnd({ ...spec, logFile: unit.path('formula') }), { code: 'hook-cannot-start' });
    await assert.rejects(runToEnd({ ...spec, runDirectory: unit.path('formula', 'hooks', 'start', 'run') }), {
      code: 'hook-cannot-start',
    });
    await assert.rejects(
      adoptToEnd({ ...spec, runDirectory: unit.path('formula', 'hooks', 'start', 'run') }),
      { code: 'hook-cannot-adopt' },
    );
  });

  it('does not come about where a variable is too long to start a program, and nothing is claimed', async () => {
    unit.writeHook('start', '#!/bin/sh\nexit 3\n');
    const spec = unit.spec('start');
    const withLong = (bytes: number): HookSpec => ({
      ...spec,
      environment: { ...spec.environment, LONG: 'ü'.repeat((bytes - 'LONG=\0'.length) / 2) },
    });
    await assert.rejects(runToEnd(withLong(131_074)), {
      code: 'hook-cannot-start',
      message:
        'hook "start" of mysql/0 could not be started: its variable LONG has 131074 bytes, and the system takes 131072',
      next: 'start ensemble-agent with a shorter LONG',
    });
    assert.ok(!existsSync(spec.runDirectory));
    assert.deepEqual(
      await runToEnd(withLong(131_072)),
      { kind: 'failed', exitCode: 3 },
      'the longest is taken',
    );
  });

  it('of a hook that was stopped says by which signal', async () => {
    unit.writeHook('start', '#!/bin/sh\necho up\nexec sleep 60\n');
    const hook = await start(unit.spec('start'));
    await until('the hook', () => existsSync(unit.log) && readFileSync(unit.log, 'utf8') === 'up\n');
    assert.deepEqual(await hook.stop(), { kind: 'killed', signal: 'SIGTERM' });
  });
});
