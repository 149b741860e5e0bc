import assert from 'node:assert/strict';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { embedded, servers } from './engines.js';
import { Operator } from './operator.js';

const CONFIG = 'options:\n  title:\n    type: string\n    default: none\n    description: A title\n';
const LIVED = ['install 1', 'config-changed 1', 'start 1'];

interface Status {
  readonly machines: Record<string, { agent: string; units: number }>;
  readonly services: Record<
    string,
    {
      formula: string;
      units: Record<string, { machine: string; state: string; formula: string; message: string }>;
    }
  >;
}

for (const engines of [embedded, servers()]) {
  describe(`the main job on ${engines.name}`, function () {
    this.timeout(120_000);
    let world: World;
    let operator: Operator;

    before(() => engines.start());
    after(() => engines.stop());
    beforeEach(async () => {
      world = await World.open({ ...engines.environment(), bootstrapped: false });
      operator = new Operator(world.root);
      await operator.does('bootstrap');
    });
    afterEach(async () => {
      operator.close();
      await world.close();
    });

    const status = async (): Promise<Status> => JSON.parse(await operator.status());
    const repository = (): string => `--repository=${world.path('world')}`;

    it('deploys, upgrades and goes, by every command there is', async () => {
      await world.agentProcess('m0');
      await world.agentProcess('m1');
      await world.writeFormula(1, {
        config: CONFIG,
        hooks: {
          install: 'echo "kept by $ENSEMBLE_UNIT_NAME" >"$ENSEMBLE_DATA_DIR/book"; echo x >left-behind',
          'config-changed': 'echo "title $(config-get title)" >>"$trace"',
          start: 'open-port 80/tcp; status-set "serving"',
        },
      });
      await operator.does('deploy', repository(), '-n', '3', 'f');

      const deployed = await status();
      assert.deepEqual(
        Object.entries(deployed.machines).map(([name, { agent, units }]) => [name, agent, units]),
        [
          ['m0', 'up', 2],
          ['m1', 'up', 1],
        ],
        'units go to the least loaded machine',
      );
      const names = ['f/0', 'f/1', 'f/2'];
      for (const name of names) {
        const unit = deployed.services.f?.units[name];
        assert.deepEqual([unit?.state, unit?.formula, unit?.message], ['started', 'world:f-1', 'serving']);
        assert.deepEqual(await world.trace(name), ['install 1', 'config-changed 1', 'title none', 'start 1']);
      }

      await operator.does('set', 'f', 'title=ours');
      assert.match(await operator.does('get', 'f'), /title.*ours/);
      for (const name of names)
        await eventually(async () =>
          assert.deepEqual((await world.trace(name)).slice(4), ['config-changed 1', 'title ours']),
        );

      await writeFile(world.path('title'), 'from a file');
      await operator.does('set', 'f', `title=@${world.path('title')}`);
      await eventually(async () => assert.equal((await world.trace('f/2')).at(-1), 'title from a file'));

      await operator.does('add-unit', '--machine', 'm1', 'f');
      assert.equal((await status()).services.f?.units['f/3']?.machine, 'm1');
      await operator.does('remove-unit', 'f/3');
      await eventually(async () => assert.equal((await status()).services.f?.units['f/3'], undefined));
      assert.equal((await world.trace('f/3')).at(-1), 'stop 1');

      const nothing = await operator.run('upgrade-formula', 'f');
      assert.equal(nothing.code, 0);
      assert.match(nothing.stdout + nothing.stderr, /world:f-1/);

      await world.writeFormula(2, {
        config: CONFIG,
        hooks: { 'upgrade-formula': 'cat "$ENSEMBLE_DATA_DIR/book" >>"$trace"' },
      });
      assert.match(await operator.does('upgrade-formula', '--dry-run', 'f'), /world:f-2/);
      assert.equal((await status()).services.f?.formula, 'world:f-1', 'a dry run changes nothing');

      await operator.does('upgrade-formula', 'f');
      const upgraded = await status();
      for (const name of names) {
        assert.equal(upgraded.services.f?.units[name]?.formula, 'world:f-2');
        assert.deepEqual((await world.trace(name)).slice(-3), [
          'upgrade-formula 2',
          `kept by ${name}`,
          'config-changed 2',
        ]);
      }

      await operator.does('destroy-service', 'f');
      await eventually(async () => assert.deepEqual((await status()).services, {}));
      await assert.rejects(access(world.unitPath('f/0')));
    });

    it('a failing upgrade-formula ends in upgrade-error, and resolved --retry completes it', async () => {
      await world.agentProcess();
      await world.writeFormula(1, { hooks: { install: 'echo ours >"$ENSEMBLE_DATA_DIR/book"' } });
      await operator.does('deploy', repository(), '-n', '2', 'f');
      await world.writeFormula(2, {
        hooks: { 'upgrade-formula': '[ -e "$TRACE/gate-mended" ] || { echo schema too old; exit 1; }' },
      });
      const failed = await operator.run('upgrade-formula', '--strategy', 'all', 'f');
      assert.equal(failed.code, 1);
      assert.match(failed.stderr, /f\/0.*upgrade-error.*schema too old/s);
      assert.match(failed.stderr, /ensemble resolved --retry f\/0/);
      assert.equal((await status()).services.f?.units['f/0']?.state, 'upgrade-error');
      await world.openGate('mended');
      await operator.does('resolved', '--retry', 'f/0');
      await operator.does('resolved', 'f/1');
      await world.untilOn('world:f-2', 'f/0');
      await world.untilOn('world:f-2', 'f/1');
      assert.deepEqual(await world.trace('f/0'), [
        ...LIVED,
        'upgrade-formula 2',
        'upgrade-formula 2',
        'config-changed 2',
      ]);
      assert.deepEqual(await world.trace('f/1'), [...LIVED, 'upgrade-formula 2', 'config-changed 2']);
      assert.equal(await readFile(world.unitPath('f/0', 'data', 'book'), 'utf8'), 'ours\n');
    });

    it('upgrades some units first, to a revision that is named, and by a bump of the formula', async () => {
      await world.agentProcess();
      await world.writeFormula(1);
      await operator.does('deploy', repository(), '-n', '2', 'f', 'blog');
      await world.writeFormula(2);
      const directory = await world.writeFormula(3);
      await operator.does('upgrade-formula', '--revision', '2', '--unit', 'blog/1', 'blog');
      assert.equal((await world.unit('blog/0')).unit.formula, 'world:f-1');
      await world.untilOn('world:f-2', 'blog/1');
      await operator.does('upgrade-formula', '--revision', '2', 'blog');
      await world.untilOn('world:f-2', 'blog/0');
      await operator.does('upgrade-formula', 'blog');
      await world.untilOn('world:f-3', 'blog/1');
      await operator.does('upgrade-formula', '--bump', 'blog');
      await world.untilOn('world:f-4', 'blog/0');
      assert.match(await readFile(join(directory, 'metadata.yaml'), 'utf8'), /revision: 4/);
      // The hooks of the directory still call themselves 3.
      const upgrades = ['upgrade-formula 2', 'config-changed 2', 'upgrade-formula 3', 'config-changed 3'];
      const all = [...LIVED, ...upgrades, 'upgrade-formula 3', 'config-changed 3'];
      assert.deepEqual(await world.trace('blog/0'), all);
      assert.deepEqual(await world.trace('blog/1'), all);
    });

    it('a unit in an error state is upgraded by force, and said so', async () => {
      await world.agentProcess();
      await world.writeFormula(1, { hooks: { start: 'exit 1' } });
      assert.equal((await operator.run('deploy', repository(), 'f')).code, 1);
      await world.writeFormula(2);
      const refused = await operator.run('upgrade-formula', 'f');
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /f\/0[\s\S]*start-error/);
      const { code, stderr } = await operator.run('upgrade-formula', '--force', 'f');
      assert.equal(code, 0, stderr);
      await world.untilOn('world:f-2');
      assert.deepEqual(await world.trace(), [...LIVED, 'upgrade-formula 2', 'config-changed 2', 'start 2']);
    });

    it('without an agent the request waits, and says how to start one', async () => {
      await world.writeFormula(1);
      const waiting = operator.start(['deploy', repository(), 'f']);
      await eventually(() => assert.match(waiting.stderr(), /ensemble-agent/));
      await world.agentProcess();
      await world.untilOn('world:f-1');
      assert.deepEqual(await world.trace(), LIVED);
    });

    it('a restarted agent takes up an upgrade that was asked for while it was away', async () => {
      const agent = await world.agentProcess();
      await world.writeFormula(1);
      await operator.does('deploy', repository(), 'f');
      await agent.kill('SIGTERM');
      await world.writeFormula(2);
      await operator.does('upgrade-formula', '--no-wait', 'f');
      await world.agentProcess();
      await world.untilOn('world:f-2');
      assert.deepEqual(await world.trace(), [...LIVED, 'upgrade-formula 2', 'config-changed 2']);
    });
  });
}
