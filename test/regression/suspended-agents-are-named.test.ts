import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import type { AgentProcess } from '../agent/agent-process.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** `no agent is running; start it` was what Ctrl-Z led to, and starting it failed, as the data directory is in use. */
describe('an agent that a signal stopped', () => {
  let world: World;
  let agent: AgentProcess;
  beforeEach(async () => {
    world = await World.open();
    agent = await world.agentProcess();
    await world.deploy(await world.publish(1));
    await world.until('started');
    await agent.suspend();
    // Its session is over.
    await world.coordinator.remove(paths.agent('m0'));
  });
  afterEach(() => world.close());

  it('is what a command waits for, though its session is not over yet', async () => {
    process.kill(agent.pid, 'SIGCONT');
    await eventually(async () => assert.ok(await world.coordinator.get(paths.agent('m0'))));
    await agent.suspend();
    const { code, stderr } = await ensemble(world, 'run', '--timeout', '4s', 'f/0', '--', 'true');
    const reason = `the agent of m0 is suspended (Ctrl-Z, SIGSTOP): process ${agent.pid}; let it go on: kill -CONT ${agent.pid}`;
    assert.equal(code, 124);
    assert.ok(stderr.includes(`the command waits: ${reason}\n`), stderr);
    assert.ok(stderr.includes(`not begun within 4.0 s, and taken back: ${reason}\n`), stderr);
    process.kill(agent.pid, 'SIGCONT');
  });

  it('is named by a prune that it does not answer, which ends', async () => {
    process.kill(agent.pid, 'SIGCONT');
    await eventually(async () => assert.ok(await world.coordinator.get(paths.agent('m0'))));
    await ensemble(world, 'remove-unit', 'f/0');
    await eventually(async () => {
      const { stdout } = await ensemble(world, 'machines', '--format', 'json');
      assert.equal(JSON.parse(stdout).machines.m0.kept.units, 1);
    });
    await agent.suspend();
    const { code, stderr, stdout } = await ensemble(world, 'prune', '--removed', 'f/0', '--format', 'json');
    assert.equal(code, 1, stderr);
    const suspended = `the agent of m0 is suspended (Ctrl-Z, SIGSTOP): process ${agent.pid}`;
    assert.ok(
      stderr.includes(`${suspended}, so what it keeps stays; let it go on: kill -CONT ${agent.pid}`),
      stderr,
    );
    assert.deepEqual(JSON.parse(stdout).unreached, ['m0']);
    process.kill(agent.pid, 'SIGCONT');
  });

  it('is named where it is said that none works, with what lets it go on, and that does', async () => {
    const suspended = `suspended (Ctrl-Z, SIGSTOP): process ${agent.pid}`;
    const advice = `kill -CONT ${agent.pid}`;
    const run = await ensemble(world, 'run', 'f/0', '--', 'true');
    assert.ok(run.stderr.includes(suspended) && run.stderr.includes(`let it go on: ${advice}`), run.stderr);
    const { stdout } = await ensemble(world, 'status');
    assert.match(stdout, /^m0 +suspended/m);
    assert.ok(stdout.includes(`m0: its agent is ${suspended}\n    let it go on: ${advice}`), stdout);
    assert.doesNotMatch(stdout, /no agent is running|start it/);
    const shown = JSON.parse((await ensemble(world, 'machines', '--format', 'json')).stdout).machines.m0;
    assert.deepEqual([shown.agent, shown.suspended], ['down', agent.pid]);
    const added = await ensemble(world, 'add-unit', '--no-wait', 'f');
    assert.ok(added.stderr.includes(`the agent of m0 is ${suspended}, so f/1 must wait`), added.stderr);
    const again = await world.agentProcess('m0', { up: false });
    assert.equal(await again.ended(), 1);
    assert.match(
      again.stderr(),
      new RegExp(`in use by another agent, process ${agent.pid}, which is suspended`),
    );
    assert.ok(again.stderr().includes(advice), again.stderr());
    const other = await world.agentProcess('m0', { up: false, options: ['--data-dir', world.path('other')] });
    assert.equal(await other.ended(), 1);
    assert.match(other.stderr(), /m0 belongs to the agent in/);
    assert.ok(other.stderr().includes(`let it go on: ${advice}; only if that is lost`), other.stderr());
    process.kill(Number(/kill -CONT (\d+)/.exec(run.stderr)?.[1]), 'SIGCONT');
    await eventually(async () => assert.equal((await ensemble(world, 'run', 'f/0', '--', 'true')).code, 0));
    await world.until('started', 'f/1');
  });
});
