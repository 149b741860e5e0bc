import assert from 'node:assert/strict';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { environmentRows, hookRows } from './rows.js';
import { Stage } from './stage.js';
import { stateRows } from './state-rows.js';

const HOOKS = ['install', 'config-changed', 'start', 'stop'];
const EVENTS = ['joined', 'changed', 'departed', 'broken'].map((event) => `db-relation-${event}`);
/** Each hook leaves its environment and its directory in files of its own. */
const LEAVE =
  'env >"$me.$ENSEMBLE_HOOK.env"; pwd -P >"$me.$ENSEMBLE_HOOK.cwd"; type relation-get >>"$me.$ENSEMBLE_HOOK.cwd"';

for (const engines of [embedded, zookeeper()])
  describe(`hooks and their environment, row by row, on ${engines.name}`, function () {
    this.timeout(240_000);
    let stage: Stage;
    /** What `crew/1` was told by the time that `crew/0` alone was upgraded. */
    let behind: readonly string[];

    /** The whole life of `app/0` and its relation to `bare/0`, of whose formula not one hook is there. */
    before(async () => {
      await engines.start();
      stage = await Stage.open(engines);
      await stage.world.agentProcess('m0', { variables: { SECRET_OF_THE_AGENT: 'xyzzy' } });
      await stage.formula('app', {
        metadata: 'requires: {db: thing}\n',
        config: 'options: {mode: {type: string, default: a}}\n',
        hooks: Object.fromEntries([...HOOKS, ...EVENTS].map((hook) => [hook, LEAVE])),
      });
      await stage.formula('bare', { metadata: 'provides: {srv: thing}\n' });
      await stage.deploy('bare');
      await stage.deploy('app');
      const toldLast = (hook: string): Promise<void> =>
        eventually(async () => assert.equal((await stage.told('app/0')).at(-1), hook), 60_000);
      await stage.does('set', 'app', 'mode=b');
      await eventually(async () => assert.equal((await stage.told('app/0')).length, 4), 60_000);
      await stage.does('add-relation', 'app', 'bare');
      await toldLast('db-relation-changed');
      await stage.does('run', 'bare/0', '--', 'relation-set', '-r', 'srv', 'port=1');
      await eventually(async () => assert.equal((await stage.told('app/0')).length, 7), 60_000);
      await stage.does('remove-relation', 'app', 'bare');
      await toldLast('db-relation-broken');
      await stage.does('remove-unit', 'app/0');
      await eventually(async () => assert.equal((await stage.told('app/0.stop.cwd')).length, 2), 60_000);

      // Two units whose peers are `ring` in one revision and `web` in the next.
      const crew = (peer: string, revision: number): Promise<string> => {
        const events = ['joined', 'changed', 'departed', 'broken'].map(
          (event) => `${peer}-relation-${event}`,
        );
        const hooks = Object.fromEntries([...HOOKS, 'upgrade-formula', ...events].map((hook) => [hook, '']));
        return stage.formula('crew', { metadata: `peers: {${peer}: talk}\n`, hooks }, revision);
      };
      await crew('ring', 1);
      await stage.deploy('-n', '2', 'crew');
      const toldSoMany = (unit: string, lines: number): Promise<void> =>
        eventually(async () => assert.equal((await stage.told(unit)).length, lines), 60_000);
      for (const unit of ['crew/0', 'crew/1']) await toldSoMany(unit, 5);
      await crew('web', 2);
      await stage.does('upgrade-formula', '--unit', 'crew/0', 'crew');
      await toldSoMany('crew/1', 6);
      behind = await stage.told('crew/1');
      await stage.does('upgrade-formula', 'crew');
      for (const unit of ['crew/0', 'crew/1']) await toldSoMany(unit, 11);
    });
    after(async () => {
      await stage.close();
      await engines.stop();
    });

    const variables = async (hook: string): Promise<Readonly<Record<string, string>>> =>
      Object.fromEntries(
        (await stage.told(`app/0.${hook}.env`)).map((line) => {
          const at = line.indexOf('=');
          return [line.slice(0, at), line.slice(at + 1)];
        }),
      );
    const life = (from: number, to?: number) => async () => (await stage.told('app/0')).slice(from, to);

    stateRows(hookRows, {
      'install, config-changed and start are the first hooks of a unit, in this order': async () =>
        assert.deepEqual(await life(0, 3)(), ['install', 'config-changed', 'start']),
      'config-changed runs when the config changes': async () =>
        assert.deepEqual(await life(3, 4)(), ['config-changed']),
      'RELATION-relation-joined and -changed run when a unit comes, -changed when it sets something':
        async () =>
          assert.deepEqual(await life(4, 7)(), [
            'db-relation-joined',
            'db-relation-changed',
            'db-relation-changed',
          ]),
      'RELATION-relation-departed runs when a unit goes, and -broken after the last has': async () =>
        assert.deepEqual(await life(7, 9)(), ['db-relation-departed', 'db-relation-broken']),
      'stop is the last hook of a unit that is removed': async () =>
        assert.deepEqual(await life(9)(), ['stop']),
      'what a new revision drops is left before its upgrade-formula, and what it adds joined after config-changed':
        async () => {
          for (const unit of ['crew/0', 'crew/1'])
            assert.deepEqual((await stage.told(unit)).slice(3), [
              'ring-relation-joined',
              'ring-relation-changed',
              'ring-relation-departed',
              'ring-relation-broken',
              'upgrade-formula',
              'config-changed',
              'web-relation-joined',
              'web-relation-changed',
            ]);
        },
      'a unit that was not upgraded yet goes on with the relations of its own revision': async () =>
        assert.deepEqual(behind.slice(5), ['ring-relation-departed']),
      'a hook that a formula does not have is a success': async () => {
        assert.equal((await stage.unit('bare/0')).state, 'started');
        assert.deepEqual(await stage.told('bare/0'), []);
      },
      'a hook runs in the directory of its formula': async () => {
        for (const hook of [...HOOKS, ...EVENTS]) {
          const [directory = ''] = await stage.told(`app/0.${hook}.cwd`);
          assert.match(directory, /\/units\/app-0\/\.formula\/1-[0-9a-f]{12}$/, hook);
        }
      },
    });

    stateRows(environmentRows, {
      'every hook has its socket, its client id, its unit, the directory of its formula and a PATH with the tools':
        async () => {
          for (const hook of [...HOOKS, ...EVENTS]) {
            const found = await variables(hook);
            assert.equal(found.ENSEMBLE_UNIT_NAME, 'app/0');
            assert.match(found.ENSEMBLE_AGENT_SOCKET ?? '', /^\//);
            assert.notEqual(found.ENSEMBLE_CLIENT_ID ?? '', '');
            assert.match(found.ENSEMBLE_FORMULA_DIR ?? '', /\/units\/app-0\/formula$/);
            const [, tool = ''] = await stage.told(`app/0.${hook}.cwd`);
            assert.ok(tool.includes((found.PATH ?? '').split(':', 1)[0] ?? '-'), tool);
          }
        },
      'a hook inherits nothing of the agent but PATH, HOME and LANG': async () => {
        const found = await variables('start');
        // What the shell itself sets.
        const others = Object.keys(found).filter((name) => !/^(ENSEMBLE_.*|PWD|OLDPWD|_|SHLVL)$/.test(name));
        assert.deepEqual(
          others.filter((name) => !['PATH', 'HOME', 'LANG'].includes(name)).sort(),
          // Set for every hook, and not inherited.
          ['APT_LISTCHANGES_FRONTEND', 'DEBIAN_FRONTEND'],
        );
        assert.equal(found.ENSEMBLE_HOME, undefined);
      },
      'a hook of a relation has its name, its id such as db:4, and the remote unit': async () => {
        for (const hook of ['db-relation-joined', 'db-relation-changed', 'db-relation-departed']) {
          const { ENSEMBLE_RELATION, ENSEMBLE_RELATION_ID, ENSEMBLE_REMOTE_UNIT } = await variables(hook);
          assert.deepEqual(
            [ENSEMBLE_RELATION, ENSEMBLE_RELATION_ID, ENSEMBLE_REMOTE_UNIT],
            ['db', 'db:0', 'bare/0'],
          );
        }
        assert.equal((await variables('start')).ENSEMBLE_RELATION, undefined);
      },
      'in broken the remote unit is empty': async () =>
        assert.equal((await variables('db-relation-broken')).ENSEMBLE_REMOTE_UNIT, ''),
    });
  });
