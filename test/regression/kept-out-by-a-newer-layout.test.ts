import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { homeEnvironment } from '../../agent/environment/home-environment.js';
import { readTree } from '../../control/export/read-tree.js';
import { nodeValue } from '../../state/model/entity.js';
import { newestLayout } from '../../state/model/layout-known.js';
import { paths } from '../../state/model/paths.js';
import { ensemble } from '../agent/operator.js';
import { systemClock } from '../../state/platform/clock.js';
import { World } from '../agent/world.js';
import { projectDirectory } from '../docs/project.js';
import { embedded, type Engines, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';

/** An agent looked at `/layout` when it started, and wrote on however new that was made under it. */
for (const engines of [embedded, zookeeper()] satisfies readonly Engines[])
  describe(`an agent that newer programs keep out on ${engines.name}`, function () {
    this.timeout(120_000);
    let world: World;
    before(() => engines.start());
    after(() => engines.stop());
    beforeEach(async () => {
      world = await World.open(engines.environment());
    });
    afterEach(() => world.close());

    /** The agent as it is shipped, but for the newest level that it reads. */
    async function newerAgent(): Promise<string> {
      const shipped = join(projectDirectory, 'dist', 'bin');
      const newer = world.path('newer', 'dist', 'bin');
      await mkdir(newer, { recursive: true });
      await copyFile(join(shipped, 'ensemble-agent.js'), join(newer, 'ensemble-agent.js'));
      const text = await readFile(join(shipped, 'agent.cjs'), 'utf8');
      const raised = text.replace(/\blayoutLevels ?= ?\{ ?min: ?1, ?max: ?3\b/g, 'layoutLevels={min:1,max:4');
      assert.notEqual(raised, text);
      await writeFile(join(newer, 'agent.cjs'), raised);
      await copyFile(join(projectDirectory, 'package.json'), world.path('newer', 'package.json'));
      await symlink(join(projectDirectory, 'node_modules'), world.path('newer', 'node_modules'));
      return join(newer, 'ensemble-agent.js');
    }

    async function raise(change: object): Promise<void> {
      const layout = JSON.parse((await world.coordinator.get(paths.layout))?.value ?? '');
      await world.coordinator.set(paths.layout, nodeValue({ ...layout, ...change }));
    }

    it('stops and says so, writes nothing, leaves its hooks alone, and goes on once it is upgraded', async () => {
      const formula = await world.publish(1, { hooks: { start: 'gate slow' } });
      const agent = await world.agentProcess();
      await world.deploy(formula);
      await eventually(async () => assert.equal((await world.unit()).status.hook?.name, 'start'));
      const hook = (await world.unit()).status.hook?.pid ?? 0;
      await raise({ level: 4, minReader: 4 });
      const before = await readTree(world.coordinator);
      assert.equal(await agent.ended(), 78);
      assert.match(
        agent.stderr(),
        /^ensemble-agent: environment world needs an Ensemble that reads layout 4; this one reads 3\n {2}try: install the newer Ensemble\n$/,
      );
      await agent.logged('stopping; units and running hooks go on');
      process.kill(hook, 0);
      const again = await world.agentProcess('m0', { up: false });
      assert.equal(await again.ended(), 78, 'nor does it start again');
      process.kill(hook, 0);
      await world.openGate('slow');
      assert.deepEqual(await readTree(world.coordinator), before, 'nothing was written');

      await world.agentProcess('m0', { program: await newerAgent() });
      await world.until('started', 'f/0', formula);
      const starts = (await world.trace()).filter((line) => line.startsWith('start '));
      assert.deepEqual(starts, ['start 1'], 'the hook was adopted, and not run again');
    });

    it('is one that was away meanwhile: what waited is not written when it comes back', async () => {
      const directory = world.path('machines', 'm0');
      await mkdir(directory, { recursive: true });
      const home = await homeEnvironment({
        environment: 'world',
        state: world.state,
        machine: 'm0',
        agentId: 'a',
        dataDirectory: directory,
        command: 'ensemble-agent',
        units: () => ['f/0'],
        acceptState: false,
        clock: systemClock,
        log: { debug() {}, info() {}, warning() {}, error() {} },
      });
      const get = (path: string) => world.coordinator.get(path);
      assert.equal(await home.recognise(get), true);
      assert.equal(home.isKeptOut(), false);
      await raise({ level: 4, minReader: 4 });
      await assert.rejects(home.recognise(get), { code: 'layout-too-new' });
      assert.equal(home.isKeptOut(), true);
      assert.equal(Reflect.get(await home.stranger, 'code'), 'layout-too-new');
      await home.close();
    });

    it('is one that does not know a feature, too; and so is a command', async () => {
      const agent = await world.agentProcess();
      await raise({ features: [...newestLayout.features, 'later'] });
      assert.equal(await agent.ended(), 78);
      assert.match(agent.stderr(), /needs an Ensemble that knows later; this one reads 3\n/);
      const { code, stderr } = await ensemble(world, 'status');
      assert.equal(code, 78);
      assert.match(stderr, /knows later/);
    });
  });
