import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isAlive, parentOf, start, UnitFixture, until } from '../fixtures.js';

describe('the launcher of hooks', () => {
  let unit: UnitFixture;
  beforeEach(() => {
    unit = new UnitFixture();
  });
  afterEach(() => unit.remove());

  it('gives a hook three open files, also where its agent has more, and the signals of any process', async () => {
    const install = unit.writeHook(
      'install',
      `#!/usr/bin/python3
import os
print(sorted(int(fd) for fd in os.listdir('/proc/self/fd')))
for line in open('/proc/self/status'):
    if line.startswith(('SigIgn', 'SigBlk')): print(line.strip())
`,
    );
    const { outcome } = await start(unit.spec('install'));
    assert.deepEqual(await outcome, { kind: 'succeeded' });
    const [files, ...signals] = readFileSync(unit.log, 'utf8').split('\n');
    // The fourth is the directory that is being listed.
    assert.equal(files, '[0, 1, 2, 3]');
    const other = spawnSync(install, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
    assert.deepEqual(signals, other.stdout.split('\n').slice(1));
  });

  it('is ended by no signal that can be caught: the ends of its hooks would be lost', async () => {
    unit.writeHook('start', '#!/bin/sh\nwhile [ ! -e go ]; do sleep 0.05; done\nexit 3\n');
    const running = await start(unit.spec('start'));
    const launcher = parentOf(running.pid);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.kill(launcher, signal);
    unit.writeHook('../go', '');
    assert.deepEqual(await running.outcome, { kind: 'failed', exitCode: 3 });
    assert.ok(isAlive(launcher));
  });

  it('may be killed: its hooks go on, nobody knows how they end, and the next one is started all the same', async () => {
    unit.writeHook('start', '#!/bin/sh\nwhile [ ! -e go ]; do sleep 0.05; done\nexit 3\n');
    const running = await start(unit.spec('start'));
    process.kill(parentOf(running.pid), 'SIGKILL');
    const next = await until('another launcher', () => start(unit.spec('start')).catch(() => undefined));
    assert.ok(isAlive(running.pid));
    unit.writeHook('../go', '');
    assert.deepEqual(await running.outcome, { kind: 'killed' });
    assert.deepEqual(await next.outcome, { kind: 'failed', exitCode: 3 });
  });
});
