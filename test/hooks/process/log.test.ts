import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hookFailure } from '../../../hooks/process/hook-failure.js';
import { tail } from '../../../hooks/process/hook-log.js';
import { runToEnd, start, UnitFixture } from '../fixtures.js';

describe("a unit's hook log", () => {
  let unit: UnitFixture;
  beforeEach(() => {
    unit = new UnitFixture();
    mkdirSync(unit.path('log'));
  });
  afterEach(() => unit.remove());

  it('is appended to by one run after the other', async () => {
    unit.writeHook('start', '#!/bin/sh\necho started\n');
    await runToEnd(unit.spec('start'));
    await runToEnd(unit.spec('start'));
    assert.equal(readFileSync(unit.log, 'utf8'), 'started\nstarted\n');
    assert.equal(statSync(unit.log).mode & 0o777, 0o600);
  });

  it('that was emptied during the run gives what it has since then', async () => {
    writeFileSync(unit.log, 'new\n');
    assert.equal(await tail(unit.log, 1_000), 'new');
  });

  it('ends, for a message, with the reason and not with the stack of Node below it', async () => {
    unit.writeHook('start', "#!/usr/bin/env node\nthrow new Error('boom');\n");
    const hook = await start(unit.spec('start'));
    await hook.outcome;
    assert.equal((await tail(unit.log, hook.logOffset, 3)).split('\n').at(-1), 'Error: boom');
    unit.writeHook('stop', '#!/bin/sh\necho "   at the end"\n');
    const other = await start(unit.spec('stop'));
    await other.outcome;
    assert.equal((await tail(unit.log, other.logOffset, 3)).trim(), 'at the end', 'nothing else was said');
  });

  it('gives the last lines of the run at hand, not of one before', async () => {
    unit.writeHook('start', '#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done\n');
    writeFileSync(unit.log, 'an earlier run\n');
    const hook = await start(unit.spec('start'));
    await hook.outcome;
    assert.equal(await tail(unit.log, hook.logOffset, 3), 'line 10\nline 11\nline 12');
    assert.equal((await tail(unit.log, hook.logOffset, 100)).split('\n').length, 12);
  });

  it('gives at most 4 KiB of whole lines, and no control characters', async () => {
    writeFileSync(unit.log, `${'x'.repeat(3000)}\n${'y'.repeat(3000)}\n`);
    assert.equal(await tail(unit.log, 0), 'y'.repeat(3000));
    appendFileSync(unit.log, '\u001b[31mred\u001b[0m\u0007 \u0000end\r\n');
    assert.equal(await tail(unit.log, 6002), 'red end');
  });

  it('that is gone or has nothing of the run gives nothing', async () => {
    assert.equal(await tail(unit.log, 0), '');
    writeFileSync(unit.log, 'earlier\n');
    assert.equal(await tail(unit.log, 8), '');
  });

  it('stands in the error of the hook, with where to look and the way out', async () => {
    unit.writeHook('start', '#!/bin/sh\necho no database >&2\nexit 7\n');
    const spec = unit.spec('start');
    const hook = await start(spec);
    const error = await hookFailure(spec, await hook.outcome, hook.logOffset);
    assert.equal(error?.code, 'hook-failed');
    assert.equal(
      error?.message,
      'hook "start" of mysql/0 failed with exit status 7; it said last: no database',
    );
    assert.equal(error?.next, 'ensemble debug-log -i mysql/0, then: ensemble resolved --retry mysql/0');
  });

  it('is put right by the error where the shell blames the hook for its interpreter', async () => {
    unit.writeHook('start', '#!/no/such/python -u\n');
    const spec = unit.spec('start');
    const hook = await start(spec);
    const error = await hookFailure(spec, await hook.outcome, hook.logOffset);
    assert.match(error?.message ?? '', /its own interpreter \/no\/such\/python -u, was not found/);
  });

  it('of hooks that ended otherwise leads to the error of their kind, and of a success to none', async () => {
    const spec = unit.spec('start');
    assert.equal(await hookFailure(spec, { kind: 'succeeded' }, 0), undefined);
    assert.equal(await hookFailure(spec, { kind: 'missing' }, 0), undefined);
    assert.equal((await hookFailure(spec, { kind: 'not-started' }, 0))?.code, 'hook-cannot-start');
    const killed = await hookFailure(spec, { kind: 'killed', signal: 'SIGKILL' }, 0);
    assert.equal(killed?.message, 'hook "start" of mysql/0 was killed by SIGKILL');
    const lost = await hookFailure(spec, { kind: 'killed' }, 0);
    assert.match(lost?.message ?? '', /was killed before it could report its exit status$/);
    const late = await hookFailure(spec, { kind: 'timed-out', afterMs: 1500 }, 0);
    assert.match(late?.message ?? '', /was ended after its time limit of 1.5 s$/);
  });
});
