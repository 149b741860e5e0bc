import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { paths } from '../../state/model/paths.js';
import { type CommandEnd, ensemble, operate } from '../agent/operator.js';
import type { AgentProcess } from '../agent/agent-process.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';

const machines = ['m0', 'm1', 'm2'] as const;
const units = ['f/0', 'f/1', 'f/2', 'f/3', 'f/4', 'f/5'] as const;
const [one, two] = ['world:f-1', 'world:f-2'];

describe('rollouts on three machines', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  let environments = 0;
  let world: World;
  let agents: Map<string, AgentProcess>;

  before(async () => {
    server = await startZookeeper();
  });
  after(() => server.stop());
  beforeEach(async () => {
    environments += 1;
    world = await World.open({ state: `zookeeper://${server.address}/r${environments}` });
    await world.writeFormula(1);
    agents = new Map();
    for (const machine of machines) agents.set(machine, await world.agentProcess(machine));
    await ok('deploy', '--repository', 'world', '-n', '6', 'f');
  });
  afterEach(() => world.close());

  async function ok(...args: readonly string[]): Promise<CommandEnd> {
    const end = await ensemble(world, ...args);
    assert.equal(end.code, 0, end.stderr);
    return end;
  }

  interface Shown {
    readonly state: string;
    readonly reason: string;
    readonly next: string | null;
    readonly units: Readonly<
      Record<
        string,
        {
          readonly formula: string;
          readonly state: string;
          readonly blockers: readonly { readonly kind: string }[];
        }
      >
    >;
  }

  async function shown(): Promise<Shown> {
    return JSON.parse((await ok('rollout', 'status', '--format', 'json', 'f')).stdout);
  }

  async function on(formula: string): Promise<readonly string[]> {
    return Object.entries((await shown()).units).flatMap(([name, unit]) =>
      unit.formula === formula ? [name] : [],
    );
  }

  /** The machine whose agent leads. */
  async function leader(): Promise<string> {
    return eventually(async () => {
      const node = await world.coordinator.get(paths.leader);
      const { name } = JSON.parse(node?.value ?? '{}');
      for (const machine of machines) {
        const { owner } = JSON.parse((await world.coordinator.get(paths.machine(machine)))?.value ?? '{}');
        if (owner?.agentId === name) return machine;
      }
      throw new assert.AssertionError({ message: `nobody is ${name}` });
    });
  }

  it('go on by themselves, and when the agent that leads them is killed in their midst', async () => {
    const first = await leader();
    await world.writeFormula(2, { hooks: { 'upgrade-formula': 'gate go' } });
    await ok('upgrade-formula', '--no-wait', '--max-parallel', '3', 'f');
    await eventually(async () =>
      assert.equal(
        Object.values((await shown()).units).filter(({ state }) => state === 'upgrading').length,
        3,
      ),
    );
    await agents.get(first)?.kill();
    await world.openGate('go');
    // Another one leads when the session of the one that died is over.
    await eventually(async () => assert.notEqual(await leader(), first), 60_000);
    await world.agentProcess(first);
    await eventually(async () => assert.equal((await on(two)).length, units.length), 60_000);
    await eventually(async () => assert.equal((await shown()).state, 'done'));
  });

  it('turn back by themselves where a canary fails', async () => {
    await world.writeFormula(2, { hooks: { 'upgrade-formula': 'exit 3' } });
    const end = await ensemble(world, 'upgrade-formula', '--canary', '1', '--on-failure', 'revert', 'f');
    assert.equal(end.code, 1, end.stderr);
    assert.match(end.stderr, /the rollout went back to world:f-1: f\/5 failed/);
    assert.deepEqual(await on(one), units);
    // Nobody but the canary ever ran a hook of it.
    for (const unit of units.slice(0, 5))
      assert.ok(!(await world.trace(unit)).includes('upgrade-formula 2'), unit);
  });

  it('stay paused while everything is restarted, and go on when somebody says so', async () => {
    await world.writeFormula(2);
    const waits = await ok('upgrade-formula', '--canary', 'f/2', 'f');
    assert.match(waits.stderr, /ensemble rollout promote f\n/);
    for (const agent of agents.values()) await agent.kill();
    await server.kill();
    await server.start();
    for (const machine of machines) await world.agentProcess(machine);
    const { state, next } = await shown();
    assert.deepEqual([state, next], ['paused', 'ensemble rollout promote f']);
    assert.deepEqual(await on(two), ['f/2']);
    await ok('rollout', 'promote', 'f');
    assert.equal((await shown()).state, 'done');
    assert.deepEqual(await on(two), units);
  });

  it('stay paused in the middle of their waves while everything is restarted, and resume', async () => {
    const go = world.path('go');
    await world.writeFormula(2, {
      hooks: { 'upgrade-formula': `while [ ! -e ${go} ]; do sleep 0.05; done` },
    });
    await ok('upgrade-formula', '--no-wait', '--max-parallel', '1', 'f');
    await eventually(async () => assert.equal((await shown()).units['f/5']?.state, 'upgrading'), 60_000);
    await ok('rollout', 'pause', '--reason', 'new disks', 'f');
    await writeFile(go, '');
    await eventually(async () => assert.deepEqual(await on(two), ['f/5']), 60_000);
    for (const agent of agents.values()) await agent.kill();
    await server.kill();
    await server.start();
    for (const machine of machines) await world.agentProcess(machine);
    const { state, next, reason } = await shown();
    assert.deepEqual([state, next, reason], ['paused', 'ensemble rollout resume f', 'new disks']);
    assert.deepEqual(await on(two), ['f/5']);
    const end = await ok('rollout', 'resume', 'f');
    assert.match(end.stderr, /world:f-2/);
    assert.equal((await shown()).state, 'done');
    assert.deepEqual(await on(two), units);
    for (const unit of units) {
      const runs = (await world.trace(unit)).filter((line) => line === 'upgrade-formula 2');
      assert.equal(runs.length, 1, unit);
    }
  });

  it('go back as one where they go in lockstep and one unit fails', async () => {
    await world.writeFormula(2, {
      hooks: { 'upgrade-formula': 'case "$ENSEMBLE_UNIT_NAME" in f/2) exit 3;; esac' },
    });
    const end = await ensemble(world, 'upgrade-formula', '--strategy', 'lockstep', 'f');
    assert.equal(end.code, 1, end.stderr);
    assert.match(end.stderr, /the rollout went back to world:f-1: f\/2 failed/);
    assert.deepEqual(await on(one), units);
    for (const unit of units) {
      const trace = await world.trace(unit);
      assert.ok(trace.includes('upgrade-formula 2'), `${unit} was never there`);
      assert.ok(!trace.includes('config-changed 2'), `${unit} went on alone`);
    }
  });

  it('wait for a unit that is busy, and go on when it is idle, though its agent was down then', async () => {
    await world.writeFormula(2);
    const { unit } = await world.unit('f/0');
    const machine = unit.machine ?? '';
    const job = spawn('/bin/sh', ['-c', 'exec busy-run --name backup -- cat'], {
      env: { PATH: `${world.path('machines', machine, 'tools')}:/usr/bin:/bin`, ENSEMBLE_UNIT_NAME: 'f/0' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    try {
      await eventually(() => assert.ok(existsSync(world.path('machines', machine, 'units', 'f-0', 'busy'))));
      await ok('upgrade-formula', '--no-wait', '--max-parallel', '6', 'f');
      await eventually(async () => {
        assert.deepEqual(await on(two), units.slice(1));
        const { state, units: seen } = await shown();
        assert.equal(state, 'running');
        assert.equal(seen['f/0']?.blockers[0]?.kind, 'busy');
      }, 60_000);
      await agents.get(machine)?.kill('SIGTERM');
    } finally {
      job.kill('SIGKILL');
    }
    await world.agentProcess(machine);
    await eventually(async () => assert.equal((await shown()).state, 'done'), 60_000);
    assert.deepEqual(await on(two), units);
  });

  it('are followed by one command, paused by another, and aborted for good', async () => {
    await world.writeFormula(2, { hooks: { 'upgrade-formula': 'gate go' } });
    const follower = operate(world, 'upgrade-formula', '--max-parallel', '1', 'f');
    await eventually(async () => assert.match(follower.stderr(), /f\/5: upgrading, hook/));
    await ok('rollout', 'pause', '--reason', 'new disks', 'f');
    await world.openGate('go');
    const end = await follower.ended;
    assert.equal(end.code, 1);
    assert.match(end.stderr, /the rollout is paused by \S+: new disks\n/);
    await ok('rollout', 'abort', 'f');
    assert.deepEqual(await on(two), ['f/5']);
    const refused = await ensemble(world, 'rollout', 'resume', 'f');
    assert.match(refused.stderr, /cannot resume: it is aborted/);
    assert.deepEqual(await on(two), ['f/5']);
    assert.match((await ok('rollout', 'history', 'f')).stdout, /abort/);
  });
});
