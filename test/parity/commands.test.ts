import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../state/model/paths.js';
import { embedded, servers } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { commandRows } from './rows.js';
import { Stage } from './stage.js';
import { stateRows } from './state-rows.js';

const CONFIG = `options:
  title: {type: string, default: none, description: what stands at the top}
  port: {type: int}
`;
const WELL = '[ -e "$T/well-$ENSEMBLE_SERVICE_NAME" ]';

for (const engines of [embedded, servers()])
  describe(`the commands, row by row, on ${engines.name}`, function () {
    this.timeout(240_000);
    let stage: Stage;

    before(async () => {
      await engines.start();
      stage = await Stage.open(engines);
      await stage.addEnvironment('other', engines);
      await stage.world.agentProcess('m0');
      await stage.formula('store', { metadata: 'provides: {srv: thing}\n', config: CONFIG });
      await stage.formula('web', {
        metadata: 'requires: {db: thing}\nprovides: {site: http}\n',
        hooks: { start: 'open-port 80; ensemble-log -l WARNING "$ENSEMBLE_UNIT_NAME begun"' },
      });
      await stage.formula('side', {
        metadata: 'subordinate: true\nrequires: {site: {interface: http, scope: container}}\n',
      });
      await stage.formula('sick', { hooks: { start: WELL } });
      await stage.formula('shy', {
        metadata: 'requires: {db: thing}\n',
        hooks: { 'db-relation-joined': WELL, 'db-relation-changed': '' },
      });
    });
    after(async () => {
      await stage.close();
      await engines.stop();
    });

    const units = async (service: string): Promise<readonly string[]> =>
      Object.keys((await stage.status()).services[service]?.units ?? {});
    const values = async (service: string): Promise<Record<string, unknown>> => {
      const { settings } = JSON.parse(await stage.does('get', '--format', 'json', service));
      return { title: settings.title.value, port: settings.port.value };
    };
    /** Deploys a service that ends in start-error. */
    async function sick(service: string): Promise<void> {
      const { code } = await stage.operator.run('deploy', '--repository', stage.repository, 'sick', service);
      assert.equal(code, 1);
      assert.equal((await stage.unit(`${service}/0`)).state, 'start-error');
    }
    /** Deploys a service whose relation to `store` ends in error, and gives the relation's id. */
    async function shy(service: string): Promise<string> {
      await stage.deploy('shy', service);
      await stage.does('add-relation', service, 'store');
      await eventually(async () => assert.deepEqual(await relationStates(`${service}/0`), ['error']), 60_000);
      const { state, relations, relationErrors = {} } = await stage.unit(`${service}/0`);
      const [[id = '', error] = []] = Object.entries(relationErrors);
      assert.deepEqual([state, relations, error?.services], ['started', { db: 'error' }, ['store']]);
      return id;
    }
    // Waiting looks into the state by itself: a command for each look would keep the machine busy.
    const relationStates = async (unit: string): Promise<readonly string[]> =>
      Object.values((await stage.world.unit(unit)).status.relations ?? {}).map(({ state }) => state);
    const gone = (path: string): Promise<void> =>
      eventually(async () => assert.equal(await stage.world.coordinator.get(path), undefined), 60_000);
    const up = (unit: string): Promise<void> =>
      eventually(async () => assert.deepEqual(await relationStates(unit), ['up']), 60_000);
    /** Stops an agent and lets its presence lapse, which otherwise takes as long as its session. */
    async function stopForGood(machine: string): Promise<void> {
      const agent = await stage.world.agentProcess(machine);
      await agent.kill('SIGTERM');
      await stage.world.coordinator.remove(paths.agent(machine));
    }

    stateRows(commandRows, {
      'bootstrap makes an environment ready, and without it commands say so': async () => {
        const { code, stderr } = await stage.operator.run('status', '-e', 'other');
        assert.equal(code, 1);
        assert.match(stderr, /ensemble bootstrap/);
        await stage.does('bootstrap', '-e', 'other');
        await stage.does('bootstrap', '-e', 'other');
        assert.equal(
          JSON.parse(await stage.does('status', '-e', 'other', '--format', 'json')).machines.m0,
          undefined,
        );
      },
      '-e ENV, or $ENSEMBLE_ENV, chooses the environment of every command': async () => {
        assert.equal((await stage.status('-e', 'other')).environment, 'other');
        const args = ['status', '--format', 'json'];
        const { stdout } = await stage.operator.start(args, undefined, { ENSEMBLE_ENV: 'other' }).ended;
        assert.equal(JSON.parse(stdout).environment, 'other');
        assert.equal((await stage.status()).environment, 'world');
      },
      'deploy [-n N] FORMULA [SERVICE] makes a service with N units, one unless said otherwise': async () => {
        await stage.deploy('store');
        await stage.deploy('-n', '2', 'store', 'shop');
        assert.deepEqual([await units('store'), await units('shop')], [['store/0'], ['shop/0', 'shop/1']]);
        assert.equal((await stage.status()).services.shop?.formula, 'formulas:store-1');
      },
      'deploy --repository DIR, or $ENSEMBLE_REPOSITORY, says where formulas come from': async () => {
        assert.equal((await stage.operator.run('deploy', 'web')).code, 2);
        const variables = { ENSEMBLE_REPOSITORY: stage.repository };
        const { code } = await stage.operator.start(['deploy', 'web'], undefined, variables).ended;
        assert.equal(code, 0);
        await stage.does('deploy', '--repository', stage.repository, 'web', 'web2');
        assert.deepEqual(await units('web2'), ['web2/0']);
      },
      'deploy --config FILE begins with these values': async () => {
        await writeFile(stage.world.path('values.yaml'), 'title: from the file\nport: 7000\n');
        await stage.deploy('--config', stage.world.path('values.yaml'), 'store', 'set-up');
        assert.deepEqual(await values('set-up'), { title: 'from the file', port: 7000 });
      },
      'deploy -u FORMULA raises the revision of the formula on disk and deploys that': async () => {
        const directory = await stage.formula('fresh');
        await stage.deploy('-u', 'fresh');
        assert.equal((await stage.unit('fresh/0')).formula, 'formulas:fresh-2');
        assert.match(await readFile(join(directory, 'metadata.yaml'), 'utf8'), /^revision: 2$/m);
      },
      'add-unit [-n N] SERVICE adds units': async () => {
        await stage.does('add-unit', 'store');
        await stage.does('add-unit', '-n', '2', 'store');
        assert.deepEqual(await units('store'), ['store/0', 'store/1', 'store/2', 'store/3']);
      },
      'add-relation SERVICE[:RELATION] SERVICE[:RELATION] relates two services': async () => {
        await stage.does('add-relation', 'web', 'store');
        await stage.does('add-relation', 'web2:db', 'shop:srv');
        const { services } = await stage.status();
        assert.deepEqual([services.web?.relations.db, services.web2?.relations.db], [['store'], ['shop']]);
        await up('web/0');
      },
      'remove-relation SERVICE[:RELATION] SERVICE[:RELATION] parts them': async () => {
        await stage.does('remove-relation', 'web2:db', 'shop');
        await gone(paths.relation('1'));
        await eventually(async () => assert.deepEqual(await relationStates('web2/0'), []), 60_000);
        const { web2, shop } = (await stage.status()).services;
        assert.deepEqual([web2?.relations, shop?.relations], [{}, {}]);
      },
      'expose and unexpose SERVICE say whether its ports are for everybody': async () => {
        await stage.does('expose', 'web');
        assert.equal((await stage.status()).services.web?.exposed, true);
        await stage.does('unexpose', 'web');
        assert.equal((await stage.status()).services.web?.exposed, false);
      },
      'get SERVICE shows its config, get -s SERVICE only which options there are': async () => {
        assert.match(await stage.does('get', 'shop'), /^title +none +no +string/m);
        const schema = await stage.does('get', '-s', 'set-up');
        assert.match(schema, /^title +string +none +what stands at the top$/m);
        assert.doesNotMatch(schema, /from the file/);
      },
      'set SERVICE [--config FILE] [k=v …] changes its config, and k=@file reads a file': async () => {
        await writeFile(stage.world.path('title'), 'of a file');
        await writeFile(stage.world.path('port.yaml'), 'port: 8000\n');
        await stage.does('set', '--config', stage.world.path('port.yaml'), 'shop');
        await stage.does('set', 'shop', `title=@${stage.world.path('title')}`);
        assert.deepEqual(await values('shop'), { title: 'of a file', port: 8000 });
        await stage.does('set', 'shop', 'title=x', 'port=1');
        assert.deepEqual(await values('shop'), { title: 'x', port: 1 });
      },
      'resolved UNIT takes the failed hook as done': async () => {
        await sick('sick-one');
        await stage.does('resolved', 'sick-one/0');
        await stage.world.until('started', 'sick-one/0');
        assert.deepEqual(await stage.told('sick-one/0'), ['start']);
      },
      'resolved -r UNIT runs the failed hook again': async () => {
        await sick('sick-two');
        await stage.touch('well-sick-two');
        await stage.does('resolved', '-r', 'sick-two/0');
        await stage.world.until('started', 'sick-two/0');
        assert.deepEqual(await stage.told('sick-two/0'), ['start', 'start']);
      },
      'resolved UNIT RELATION takes the failed hook of that relation as done': async () => {
        await shy('shy-one');
        await stage.does('resolved', 'shy-one/0', 'db');
        await eventually(async () => assert.equal((await stage.told('shy-one/0'))[1], 'db-relation-changed'));
        await stage.does('destroy-service', 'shy-one');
      },
      'resolved -r UNIT RELATION runs the failed hook of that relation again': async () => {
        const id = await shy('shy-two');
        await stage.touch('well-shy-two');
        await stage.does('resolved', '-r', 'shy-two/0', id);
        await up('shy-two/0');
        // The one that failed, and then those of the four units of the store.
        const each = ['db-relation-joined', 'db-relation-changed'];
        await stage.toldInTheEnd('shy-two/0', ['db-relation-joined', ...each, ...each, ...each, ...each]);
      },
      'status --format json|yaml|dot|svg prints in that form, a table unless said otherwise': async () => {
        assert.match(await stage.does('status'), /^SERVICE +FORMULA/m);
        assert.match(await stage.does('status', '--format', 'yaml'), /^environment: world\n/);
        assert.match(await stage.does('status', '--format', 'dot'), /^(di)?graph /);
        assert.match(await stage.does('status', '--format', 'svg'), /<svg [\s\S]*store[\s\S]*<\/svg>\n$/);
        assert.equal((await stage.status()).environment, 'world');
      },
      'status --output FILE writes to a file': async () => {
        const file = stage.world.path('status.json');
        assert.equal(await stage.does('status', '--format', 'json', '--output', file), '');
        assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), await stage.status());
      },
      'status SCOPE … shows what has one of these names, with * and ?, and what is related to it':
        async () => {
          const shown = async (...scopes: readonly string[]): Promise<readonly string[]> =>
            Object.keys((await stage.status(...scopes)).services).sort();
          assert.deepEqual(await shown('we?', 'sick-o*'), ['sick-one', 'store', 'web']);
          assert.deepEqual(await shown('set-up/0'), ['set-up']);
        },
      'status tells of a unit: state, machine, ports, public address, what it is beside and what is beside it':
        async () => {
          await stage.deploy('side');
          await stage.does('add-relation', 'side', 'web');
          await stage.world.until('started', 'side/0');
          const web = await stage.unit('web/0');
          assert.deepEqual(
            [web.state, web.machine, web.ports, web.agent],
            ['started', 'm0', ['80/tcp'], 'up'],
          );
          assert.match(web.publicAddress ?? '', /^[0-9a-f.:]+$/);
          assert.deepEqual([web.subordinates, (await stage.unit('side/0')).principal], [['side/0'], 'web/0']);
        },
      'status tells of a unit that waits for a machine that it is pending': async () => {
        await stage.deploy('-e', 'other', '--no-wait', 'store', 'later');
        const { services } = await stage.status('-e', 'other');
        const { state: seen, machine, agent } = services.later?.units['later/0'] ?? {};
        assert.deepEqual([seen, machine, agent], ['pending', null, 'down']);
      },
      'status tells of a unit whose agent is gone that it is down': async () => {
        const agent = await stage.world.agentProcess('m1');
        await stage.deploy('--machine', 'm1', 'store', 'afar');
        assert.equal((await stage.unit('afar/0')).agent, 'up');
        await agent.kill('SIGTERM');
        await stage.world.coordinator.remove(paths.agent('m1'));
        assert.equal((await stage.unit('afar/0')).agent, 'down');
        assert.match(await stage.does('status', 'afar'), /^afar\/0 .*m1 \((stopped|down)\)/m);
      },
      'debug-log -r -f replays what there is and goes on': async () => {
        const follow = stage.operator.start(['debug-log', '-r', '-f', '-i', 'web', '-l', 'WARNING']);
        await eventually(() => assert.match(follow.stdout(), /web\/0 start WARNING: web\/0 begun\n/), 60_000);
        await stage.does('run', 'web/0', '--', 'ensemble-log', '-l', 'ERROR', 'and on');
        await eventually(() => assert.match(follow.stdout(), /ERROR: and on\n$/), 60_000);
        follow.interrupt();
        assert.equal((await follow.ended).code, 130);
      },
      'debug-log -o FILE writes to a file': async () => {
        const file = stage.world.path('log');
        assert.equal(await stage.does('debug-log', '-i', 'web', '-n', '1', '-o', file), '');
        assert.match(await readFile(file, 'utf8'), /^\S+Z web\/0 run ERROR: and on\n$/);
      },
      'remove-unit UNIT … stops units and removes them': async () => {
        await stage.does('remove-unit', 'store/1', 'store/2');
        for (const unit of ['store/1', 'store/2']) await gone(paths.unit(unit));
        assert.deepEqual(await units('store'), ['store/0', 'store/3']);
      },
      'destroy-service SERVICE stops its units and removes it': async () => {
        await stage.does('destroy-service', 'shop');
        await gone(paths.service('shop'));
        assert.equal((await stage.status()).services.shop, undefined);
      },
      'remove-machine MACHINE … forgets machines, but none that is in use': async () => {
        await stopForGood('m2');
        await stopForGood('m3');
        for (const [machine, why] of [
          ['m0', /hosts/],
          ['m1', /afar\/0/],
        ] as const) {
          const { code, stderr } = await stage.operator.run('remove-machine', machine);
          assert.equal(code, 1);
          assert.match(stderr, why);
        }
        await stage.does('remove-machine', 'm2', 'm3');
        assert.deepEqual(Object.keys((await stage.status()).machines), ['m0', 'm1']);
      },
      'destroy-environment removes everything that the environment knows': async () => {
        assert.equal((await stage.operator.run('destroy-environment', '-e', 'other')).code, 2);
        await stage.does('destroy-environment', '-e', 'other', '--yes');
        await stage.does('bootstrap', '-e', 'other');
        assert.deepEqual((await stage.status('-e', 'other')).services, {});
      },
    });
  });
