import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, readdir, rename, rm } from 'node:fs/promises';
import { openCoordinator } from '../../state/coordination/open.js';
import { bootstrapTree } from '../../state/model/layout.js';
import type { AgentProcess } from '../agent/agent-process.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('an agent whose state is not the one that its units belong to', function () {
  this.timeout(120_000);
  let world: World;
  let formula: string;
  beforeEach(async () => {
    world = await World.open();
    formula = await world.publish(1);
    const agent = await world.agentProcess();
    await world.deploy(formula);
    await world.untilOn(formula);
    await agent.kill('SIGTERM');
  });
  afterEach(() => world.close());

  const directories = (place: string): Promise<readonly string[]> =>
    readdir(world.path('machines', 'm0', place)).catch(() => []);

  /** In a process of its own: one that closes a file loses the locks it has on it. */
  const copyStore = (from: string, to: string): unknown => execFileSync('cp', ['-r', from, to]);

  /** Puts another store in the place of the state, or none. */
  async function replaceState(copy?: string): Promise<void> {
    await world.coordinator.close();
    await rm(world.path('state'), { recursive: true });
    if (copy !== undefined) copyStore(copy, world.path('state'));
  }

  async function bootstrapAnew(): Promise<void> {
    const coordinator = await openCoordinator(world.state);
    await bootstrapTree(coordinator);
    await coordinator.close();
  }

  /** Starts an agent that ends by itself, having done nothing. @returns what it said */
  async function refused(): Promise<string> {
    const before = await world.trace();
    const agent = await world.agentProcess('m0', { up: false });
    assert.equal(await agent.ended(), 1);
    assert.deepEqual(await world.trace(), before, 'no hook ran');
    assert.ok((await directories('units')).includes('f-0'), 'its directory is where it was');
    return agent.stderr();
  }

  const accepting = (): Promise<AgentProcess> => world.agentProcess('m0', { options: ['--accept-state'] });

  const statusOf = async (): Promise<{
    readonly machines: Readonly<Record<string, unknown>>;
    readonly services: Readonly<
      Record<string, { readonly units: Readonly<Record<string, { readonly state: string }>> }>
    >;
  }> => JSON.parse((await ensemble(world, 'status', '--format', 'json')).stdout);

  it('does nothing in another environment, until it is accepted: then its units are put aside', async () => {
    await replaceState();
    await bootstrapAnew();
    const said = await refused();
    assert.match(
      said,
      /machines\/m0 belongs to environment [0-9a-f-]{36} .* holds another, [0-9a-f-]{36}; nothing/,
    );
    assert.match(
      said,
      /try: if this is the wrong state, .*-e.*--data-dir.*ensemble-agent -e world .*--accept-state\n$/,
    );
    assert.deepEqual((await statusOf()).machines, {}, 'nor did it write there');

    const agent = await accepting();
    await eventually(async () => assert.deepEqual(await directories('units'), []), 60_000);
    assert.match((await directories('removed')).join(), /^f-0-/);
    assert.equal((await world.trace()).at(-1), 'stop 1');
    await agent.kill('SIGTERM');
    await world.agentProcess();
    assert.deepEqual(Object.keys((await statusOf()).machines), ['m0']);
  });

  it('goes on where it is pointed at the right state, and another directory works in this one', async () => {
    await world.coordinator.close();
    await rename(world.path('state'), world.path('right'));
    await bootstrapAnew();
    await refused();
    const file = world.path('environments.yaml');
    const entry = `  right: {state: "embedded:${world.path('right')}", storage: "${world.storage}"}\n`;
    await appendFile(file, entry);
    const ran = await world.trace();
    const agent = await world.agentProcess('m0', { options: ['-e', 'right'] });
    const right = JSON.parse((await ensemble(world, 'status', '-e', 'right', '--format', 'json')).stdout);
    assert.equal(right.services.f.units['f/0'].state, 'started');
    assert.deepEqual(await world.trace(), ran);
    await agent.kill('SIGTERM');
    await world.agentProcess('m0', { options: ['--data-dir', world.path('machines', 'another')] });
    assert.deepEqual(await directories('units'), ['f-0'], 'the first one is as it was');
  });

  it('waits where there is none any more, says how to go on, and then finds that it is another', async () => {
    await replaceState();
    const agent = await world.agentProcess('m0', { up: false });
    await agent.logged('waiting: ');
    const [line] = agent.lines().filter(({ message }) => message.startsWith('waiting: '));
    assert.match(line?.message ?? '', /holds no environment.*restore it, or ensemble bootstrap -e world$/);
    assert.equal((await ensemble(world, 'bootstrap', '-e', 'world')).code, 0);
    assert.equal(await agent.ended(), 1);
    assert.match(agent.stderr(), /holds another/);
    assert.deepEqual(await directories('units'), ['f-0']);
  });

  it('does nothing in a copy of before, until it is accepted: then what both know goes on', async () => {
    copyStore(world.path('state'), world.path('copy'));
    const agent = await world.agentProcess();
    await world.deploy(formula, 1, 'g');
    await world.untilOn(formula, 'g/0');
    await agent.kill('SIGTERM');
    await replaceState(world.path('copy'));

    const said = await refused();
    assert.match(
      said,
      /is older than what the units of \S+ did: it is as of 20\S+Z, and the agent wrote to it 20\S+Z last/,
    );
    assert.match(said, /try: .*restore it and start the agent again; .*--accept-state\n$/);
    const ran = await world.trace();
    await accepting();
    await eventually(async () => assert.deepEqual(await directories('units'), ['f-0']));
    assert.match((await directories('removed')).join(), /^g-0-/);
    await eventually(async () => assert.equal((await statusOf()).services.f?.units['f/0']?.state, 'started'));
    assert.deepEqual(await world.trace(), ran, 'nothing of what goes on was done once more');
  });

  it('takes up the right copy when that is restored in the place of an older one', async () => {
    copyStore(world.path('state'), world.path('copy'));
    const agent = await world.agentProcess();
    await agent.kill('SIGTERM');
    copyStore(world.path('state'), world.path('newer'));
    await replaceState(world.path('copy'));
    await refused();
    await replaceState(world.path('newer'));
    await world.agentProcess();
  });

  it('ends where the state is replaced under it, and is told what that is when it starts again', async () => {
    copyStore(world.path('state'), world.path('copy'));
    const agent = await world.agentProcess();
    await world.deploy(formula, 1, 'g');
    await world.untilOn(formula, 'g/0');
    await replaceState(world.path('copy'));
    assert.equal(await agent.ended(), 1);
    assert.match(
      agent.stderr(),
      /state were removed or replaced while the agent of \S+ worked in them; what is in/,
    );
    assert.match(await refused(), /is older than what the units/);
  });

  it('of release 0.1.0 gives the state an id, and belongs to it from then on', async () => {
    const layout = await world.coordinator.get('/layout');
    const { environment, ...old } = JSON.parse(layout?.value ?? '{}');
    assert.match(environment, /^[0-9a-f-]{36}$/);
    await world.coordinator.set('/layout', JSON.stringify(old));
    for (const mark of (await world.coordinator.children('/marks')) ?? [])
      await world.coordinator.remove(`/marks/${mark}`);
    await world.coordinator.remove('/marks');
    assert.match(await refused(), /holds one without an id/, 'it was one with an id');
    await rm(world.path('machines', 'm0', 'environment'));
    const agent = await world.agentProcess();
    const given = JSON.parse((await world.coordinator.get('/layout'))?.value ?? '{}').environment;
    assert.notEqual(given, environment);
    assert.equal((await world.coordinator.children('/marks'))?.length, 1);
    await agent.kill('SIGTERM');
    await world.agentProcess();
    assert.deepEqual(await directories('units'), ['f-0']);
  });

  it('that hosts nothing belongs to whatever it finds', async () => {
    const agent = await world.agentProcess('m1');
    await agent.kill('SIGTERM');
    await replaceState();
    await bootstrapAnew();
    await world.agentProcess('m1');
  });
});
