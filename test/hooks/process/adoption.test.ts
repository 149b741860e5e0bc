import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { adoptHook } from '../../../hooks/process/adopt-hook.js';
import type { HookSpec } from '../../../hooks/process/hook-run.js';
import { sendSignal } from '../../../hooks/process/process-table.js';
import { readRecord, removeRun } from '../../../hooks/process/run-directory.js';
import { startHook } from '../../../hooks/process/start-hook.js';
import { systemClock } from '../../../state/platform/clock.js';
import { adoptToEnd, isAlive, launcher, parentOf, runToEnd, UnitFixture, until } from '../fixtures.js';

const fixture = fileURLToPath(new URL('./agent-fixture.js', import.meta.url));

describe('adopting a hook', () => {
  let unit: UnitFixture;
  let agents: ChildProcess[];
  beforeEach(() => {
    unit = new UnitFixture();
    agents = [];
  });
  afterEach(() => {
    for (const agent of agents) agent.kill('SIGKILL');
    unit.remove();
  });

  /** Another process as the agent; gives the first line it says. */
  async function agent(command: 'start' | 'adopt', spec: HookSpec, environment: NodeJS.ProcessEnv = {}) {
    const file = unit.path(`${spec.run.id}.json`);
    writeFileSync(file, JSON.stringify(spec));
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, [fixture, command, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    agents.push(child);
    const [line] = await once(createInterface(child.stdout), 'line');
    return { child, said: JSON.parse(line) };
  }

  async function killAgent(child: ChildProcess): Promise<void> {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** A hook that notes that it began, waits for the file `go`, and ends with `exit`. */
  function waitingHook(exit: number): HookSpec {
    const [begun, go] = [unit.path('begun'), unit.path('go')];
    const wait = `while [ ! -e '${go}' ]; do sleep 0.02; done`;
    unit.writeHook('install', `#!/bin/sh\necho $$ >>'${begun}'\n${wait}\nexit ${exit}\n`);
    return unit.spec('install');
  }

  /** The hook and whoever waits for it are gone at once. */
  function killAll(leader: number): void {
    process.kill(parentOf(leader), 'SIGKILL');
    process.kill(-leader, 'SIGKILL');
  }

  const begun = (): Promise<number[]> =>
    until('the hook to begin', () => {
      const file = unit.path('begun');
      const pids = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
      return pids !== '' && pids.split('\n').map(Number);
    });
  /** Milliseconds, in parts that no timer knows. */
  async function afterWaiting<T>(ms: number, act: () => Promise<T>): Promise<T> {
    const began = systemClock.monotonic();
    while (systemClock.monotonic() - began < ms) await new Promise((resolve) => setImmediate(resolve));
    return act();
  }

  const letGo = (): void => writeFileSync(unit.path('go'), '');

  it('finds the hook running after ten agents in a row were killed, the same process, run once', async () => {
    const spec = waitingHook(6);
    const first = await agent('start', spec);
    const [pid = 0] = await begun();
    await killAgent(first.child);
    for (let kills = 1; kills < 10; kills++) {
      const next = await agent('adopt', spec);
      assert.deepEqual(next.said, first.said, 'it is the same process');
      await killAgent(next.child);
      assert.ok(isAlive(pid), 'the hook goes on');
    }
    const adoption = await adoptHook(spec, systemClock);
    assert.equal(adoption.kind, 'running');
    letGo();
    assert.deepEqual(adoption.kind === 'running' && (await adoption.hook.outcome), {
      kind: 'failed',
      exitCode: 6,
    });
    assert.deepEqual(await begun(), [pid]);
  });

  it('learns the exit status of a hook that ended while there was no agent, as often as it is asked', async () => {
    const spec = waitingHook(0);
    const { child } = await agent('start', spec);
    const [pid = 0] = await begun();
    await killAgent(child);
    letGo();
    await until('the hook to end', () => !isAlive(pid) && existsSync(join(spec.runDirectory, 'status')));
    for (let agents = 0; agents < 3; agents++)
      assert.deepEqual(await adoptToEnd(spec), { kind: 'succeeded' });
  });

  it('is left to the next agent by one that ends in good order', async () => {
    const spec = waitingHook(0);
    const { child } = await agent('start', spec, { RELEASE: 'yes' });
    await once(child, 'exit');
    assert.equal(child.exitCode, 0, 'a running hook does not keep the process');
    const [pid = 0] = await begun();
    assert.ok(isAlive(pid));
    const outcome = adoptToEnd(spec);
    letGo();
    assert.deepEqual(await outcome, { kind: 'succeeded' });
  });

  it('can be released again, and then watches no more', async () => {
    const spec = waitingHook(0);
    await killAgent((await agent('start', spec)).child);
    await begun();
    const adoption = await adoptHook(spec, systemClock);
    assert.ok(adoption.kind === 'running');
    adoption.hook.release();
    const outcome = adoptToEnd(spec);
    letGo();
    assert.deepEqual(await outcome, { kind: 'succeeded' });
  });

  it('knows where the output of the run begins', async () => {
    mkdirSync(unit.path('log'));
    writeFileSync(unit.log, 'earlier\n');
    unit.writeHook('install', '#!/bin/sh\necho mine\n');
    const spec = unit.spec('install');
    await runToEnd(spec);
    const adoption = await adoptHook(spec, systemClock);
    assert.deepEqual(adoption, { kind: 'ended', outcome: { kind: 'succeeded' }, logOffset: 8 });
  });

  it('finds a run killed when hook and whoever waited for it are gone without a word', async () => {
    const spec = waitingHook(0);
    const { child, said } = await agent('start', spec);
    await begun();
    await killAgent(child);
    killAll(said.pid);
    assert.deepEqual(await adoptToEnd(spec), { kind: 'killed' });
  });

  it('waits for a hook whose launcher is gone, so that it cannot overlap with its next attempt', async () => {
    const spec = waitingHook(0);
    const { child, said } = await agent('start', spec);
    const [pid = 0] = await begun();
    await killAgent(child);
    process.kill(parentOf(said.pid), 'SIGKILL');
    const adoption = await adoptHook(spec, systemClock);
    assert.ok(adoption.kind === 'running' && isAlive(pid));
    letGo();
    assert.deepEqual(await adoption.hook.outcome, { kind: 'killed' }, 'nobody knows how it ended');
    assert.ok(!isAlive(pid));
  });

  it('kills what is left of a hook that is gone with its launcher, so that it cannot overlap', async () => {
    const file = unit.path('begun');
    unit.writeHook(
      'install',
      `#!/bin/sh\nsleep 60 &\necho $! >'${file}.new'; mv '${file}.new' '${file}'\nwait\n`,
    );
    const spec = unit.spec('install');
    const { child, said } = await agent('start', spec);
    const [left = 0] = await begun();
    await killAgent(child);
    process.kill(parentOf(said.pid), 'SIGKILL');
    process.kill(said.pid, 'SIGKILL');
    await until('the hook itself to be gone', () => !isAlive(said.pid));
    assert.ok(isAlive(left));
    assert.deepEqual(await adoptToEnd(spec), { kind: 'killed' });
    await until('what it left to be gone', () => !isAlive(left));
  });

  it('notices it when hook and whoever waits for it are gone while it watches', async () => {
    const spec = waitingHook(0);
    const { child, said } = await agent('start', spec);
    await begun();
    await killAgent(child);
    const adoption = await adoptHook(spec, systemClock);
    killAll(said.pid);
    assert.deepEqual(adoption.kind === 'running' && (await adoption.hook.outcome), { kind: 'killed' });
  });

  it('finds a run of an earlier boot killed, whether or not its claim reached the disk', async () => {
    const spec = unit.spec('install');
    const run = { ...spec.run, boot: 'an earlier boot' };
    assert.deepEqual(await adoptToEnd({ ...spec, run }), { kind: 'killed' });
    mkdirSync(spec.runDirectory, { recursive: true });
    writeFileSync(join(spec.runDirectory, 'claim'), '');
    writeFileSync(join(spec.runDirectory, 'process'), '12 (sh');
    assert.deepEqual(await adoptToEnd({ ...spec, run }), { kind: 'killed' });
  });

  it('is not fooled by another process with the same pid', async () => {
    const spec = unit.spec('install');
    unit.writeHook('install', '#!/bin/sh\n');
    await runToEnd(spec);
    rmSync(join(spec.runDirectory, 'status'));
    // This very process now has their pids, but it started at another time.
    const stat = readFileSync(join(spec.runDirectory, 'process'), 'utf8').replace(
      /^\d+ \(/gm,
      `${process.pid} (`,
    );
    writeFileSync(join(spec.runDirectory, 'process'), stat);
    assert.deepEqual(await adoptToEnd(spec), { kind: 'killed' });
  });

  it('takes half a status line for none', async () => {
    const spec = unit.spec('install');
    unit.writeHook('install', '#!/bin/sh\nexit 12\n');
    await runToEnd(spec);
    writeFileSync(join(spec.runDirectory, 'status'), '1');
    const { waiter } = (await readRecord(spec.runDirectory)) ?? assert.fail();
    sendSignal(waiter.pid, 'SIGKILL');
    assert.deepEqual(await adoptToEnd(spec), { kind: 'killed' });
  });

  it('counts the time limit from the real start', async () => {
    const hour = 3_600_000;
    const spec = { ...waitingHook(0), timeLimit: hour };
    const { child } = await agent('start', spec);
    await begun();
    await killAgent(child);
    // An hour later: were it counted from here, the hook would have another one.
    const later = { ...systemClock, monotonic: () => systemClock.monotonic() + hour };
    const adoption = await adoptHook(spec, later);
    assert.equal(adoption.kind, 'running');
    assert.deepEqual(adoption.kind === 'running' && (await adoption.hook.outcome), {
      kind: 'timed-out',
      afterMs: hour,
    });
  });

  it('knows of a limit that was reached under the agent before', async () => {
    const spec = { ...waitingHook(0), timeLimit: 200, killDelay: 10_000 };
    const { child } = await agent('start', spec);
    await until('the limit', () => existsSync(join(spec.runDirectory, 'timed-out')));
    await killAgent(child);
    assert.deepEqual(await adoptToEnd(spec), { kind: 'timed-out', afterMs: 200 });
  });

  it('never starts a run that nobody started, however often and late', async () => {
    const spec = waitingHook(0);
    assert.equal(await adoptToEnd(spec), 'never-started');
    assert.equal(await adoptToEnd(spec), 'never-started');
    assert.deepEqual(await runToEnd(spec), { kind: 'not-started' });
    assert.equal(await adoptToEnd(spec), 'never-started', 'also after a late process left its record');
    assert.ok(!existsSync(unit.path('begun')));
  });

  it('and starting at once: exactly one of them decides, 60 times', async () => {
    unit.writeHook('install', `#!/bin/sh\necho "$ENSEMBLE_CLIENT_ID" >>'${unit.path('begun')}'\n`);
    let ran = 0;
    for (let round = 0; round < 60; round++) {
      const spec = unit.spec('install');
      const begin = () => startHook(spec, launcher, systemClock);
      const adopt = () => Promise.all([adoptToEnd(spec), adoptToEnd(spec)]);
      // From six milliseconds after adopting begins to six before: however fast the machine is, both ways happen.
      const ahead = (round - 30) / 5;
      const [started, adopting] =
        ahead < 0
          ? ([afterWaiting(-ahead, begin), adopt()] as const)
          : ([begin(), afterWaiting(ahead, adopt)] as const);
      const adopted = await adopting;
      const start = await started;
      const outcome = start.kind === 'running' ? await start.hook.outcome : start.outcome;
      const lines = existsSync(unit.path('begun'))
        ? readFileSync(unit.path('begun'), 'utf8').split('\n')
        : [];
      const runs = lines.filter((line) => line === spec.run.id).length;
      const expected = runs === 1 ? { kind: 'succeeded' } : 'never-started';
      assert.deepEqual(adopted, [expected, expected]);
      assert.deepEqual(outcome, runs === 1 ? { kind: 'succeeded' } : { kind: 'not-started' });
      ran += runs;
    }
    assert.ok(ran > 0 && ran < 60, `both ways happened: ${ran} of 60 ran`);
  });

  it('is over once the run is removed', async () => {
    unit.writeHook('install', '#!/bin/sh\n');
    const spec = unit.spec('install');
    await runToEnd(spec);
    await removeRun(spec.runDirectory);
    assert.ok(!existsSync(spec.runDirectory));
  });
});
