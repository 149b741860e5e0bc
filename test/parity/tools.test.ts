import assert from 'node:assert/strict';
import { hookTools } from '../../hooks/tools/all-tools.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { toolRows } from './rows.js';
import { Stage } from './stage.js';
import { stateRows } from './state-rows.js';

const CONFIG = `options:
  title: {type: string, default: none}
  port: {type: int, default: 80}
  empty: {type: string}
`;
const LINES = '| tr "\\n" " "';

/** What a hook of a relation finds out about it, in a file by event and remote unit. */
const ASKING = `{
  echo "list $(relation-list ${LINES})"
  echo "ids $(relation-ids ${LINES})"
  echo "port $(relation-get port)"
  echo "all $(relation-get ${LINES})"
  echo "dash $(relation-get - ${LINES})"
  echo "named $(relation-get port teller/1)"
} >"$me.$ENSEMBLE_HOOK.\${ENSEMBLE_REMOTE_UNIT#*/}"`;
const IN_BROKEN = `{
  echo "list $(relation-list ${LINES})"
  relation-set a=b 2>/dev/null; echo "set $?"
  relation-get - teller/0 2>/dev/null; echo "other $?"
  echo "own $(relation-get mine asker/0)"
  echo "ids $(relation-ids ${LINES})"
} >"$me.broken"`;

for (const engines of [embedded, zookeeper()])
  describe(`hook tools, row by row, on ${engines.name}`, function () {
    this.timeout(240_000);
    let stage: Stage;

    /** `asker` is related to the two units of `teller`, which tell it their ports, and by `cache` to `other`. */
    before(async () => {
      await engines.start();
      stage = await Stage.open(engines);
      await stage.world.agentProcess('m0');
      await stage.formula('asker', {
        metadata: 'requires: {db: thing, cache: thing}\n',
        config: CONFIG,
        hooks: {
          install: 'echo printed; echo complained >&2',
          // It holds what the hook prints to, and goes with the test.
          start: 'while [ -d "$T" ]; do sleep 0.1; done &',
          'db-relation-joined': 'relation-set mine=kept',
          'db-relation-changed': ASKING,
          'db-relation-departed': `relation-list >"$me.departed"`,
          'db-relation-broken': IN_BROKEN,
        },
      });
      await stage.formula('teller', {
        metadata: 'provides: {srv: thing}\n',
        hooks: {
          install: 'printf "of a file" >certificate',
          'srv-relation-joined': `relation-set port=$((7000 + \${ENSEMBLE_UNIT_NAME#*/})) gone=soon`,
          'srv-relation-changed': 'relation-set gone= certificate=@certificate',
        },
      });
      await stage.deploy('asker');
      await stage.deploy('-n', '2', 'teller');
      await stage.deploy('teller', 'other');
      await stage.does('add-relation', 'asker:db', 'teller');
      await stage.does('add-relation', 'asker:cache', 'other');
      const changed = (number: number, text: RegExp): Promise<void> =>
        eventually(async () => {
          assert.match((await stage.told(`asker/0.db-relation-changed.${number}`)).join('\n'), text);
        }, 60_000);
      await changed(0, /of a file/);
      await changed(1, /of a file/);
      // Once more, when all have told everything.
      await stage.does('run', 'teller/0', '--', 'relation-set', '-r', 'srv', 'last=one');
      await changed(0, /last: one/);
    });
    after(async () => {
      await stage.close();
      await engines.stop();
    });

    /** Runs a line of shell with the tools of a unit, which ends with `exit`. @returns what it printed */
    async function tools(line: string, unit = 'asker/0', exit = 0): Promise<string> {
      const { code, stdout, stderr } = await stage.operator.run('run', unit, '--', line);
      assert.equal(code, exit, `${line}\n${stdout}${stderr}`);
      return stdout;
    }
    const fromTeller = (key: string): Promise<string> => tools(`relation-get -r db ${key} teller/0`);
    /** Runs a line with the tools of a unit, with a pause at `pause` in which something is done. */
    async function withPause(line: string, unit: string, name: string, meanwhile: () => Promise<void>) {
      const T = stage.world.path('trace');
      const pause = `pause() { echo >${T}/${name}.begun; while [ ! -e ${T}/${name} ] && [ -d ${T} ]; do sleep 0.02; done; }`;
      const run = stage.operator.start(['run', unit, '--', `${pause}; ${line}`]);
      await eventually(async () => assert.notEqual(await stage.world.text(`${name}.begun`), ''), 60_000);
      await meanwhile();
      await stage.touch(name);
      return run.ended;
    }
    const ports = async (): Promise<readonly string[]> => (await stage.unit('asker/0')).ports;

    stateRows(toolRows, {
      'every tool says what is wrong with its arguments and exits with 2': async () => {
        const names = hookTools.map(({ name }) => name);
        const said = await tools(`for t in ${names.join(' ')}; do $t --nonsense 2>&1; echo "exit $?"; done`);
        assert.equal(said.match(/^exit 2$/gm)?.length, names.length, said);
        for (const name of names)
          assert.match(said, new RegExp(`^${name}: unknown option '--nonsense'$`, 'm'));
      },
      '--format smart|json|yaml|shell chooses how data is printed': async () =>
        assert.equal(
          await tools('config-get; for f in smart json yaml shell; do config-get --format $f port; done'),
          "title: none\nport: 80\n80\n80\n80\nVAR_PORT='80'\n",
        ),
      '-o FILE writes what a tool prints to a file': async () =>
        assert.equal(await tools('config-get -o given port && cat given && rm given'), '80\n'),
      'relation-get [key|-] [unit] prints a setting or all of them, of the remote unit unless named':
        async () => {
          const said = (await stage.told('asker/0.db-relation-changed.0')).join('\n');
          assert.match(said, /^port 7000$/m);
          assert.match(said, /^named 7001$/m);
          for (const how of ['all', 'dash'])
            assert.match(
              said,
              new RegExp(
                `^${how} private-address: \\S+ port: "7000" certificate: of a file last: one $`,
                'm',
              ),
            );
        },
      'relation-get of a key that is not set prints nothing and succeeds': async () =>
        assert.equal(await tools('relation-get -r db nothing teller/0; echo $?'), '0\n'),
      'relation-get of a unit that is not there says so and fails': async () =>
        assert.equal(
          await tools('relation-get -r db port teller/7 2>&1; echo $?'),
          'relation-get: there is no unit teller/7 in relation db:0; there are teller/0, teller/1\n' +
            '  next: relation-list -r db:0\n1\n',
        ),
      'relation-get -r ID reads in another hook than the relation’s own': async () =>
        assert.equal(
          await tools('relation-get -r db:0 port teller/1; relation-get -r cache:1 port other/0'),
          '7001\n7000\n',
        ),
      'relation-set k=v … sets, an empty value deletes, k=@file reads a file': async () =>
        assert.match(
          await tools('relation-get -r db --format json - teller/0'),
          /^\{"private-address":"[^"]+","port":"7000","certificate":"of a file","last":"one"\}\n$/,
        ),
      'relation-set -r ID sets in another hook than the relation’s own': async () => {
        await tools('relation-set -r srv:0 by-hand=yes', 'teller/0');
        await eventually(async () => assert.equal(await fromTeller('by-hand'), 'yes\n'), 60_000);
      },
      'relation-list [-r ID] prints who is there, as of the event in the relation’s own hooks': async () => {
        assert.equal(await tools('relation-list -r db'), 'teller/0\nteller/1\n');
        await stage.does('remove-unit', 'teller/1');
        await stage.toldInTheEnd('asker/0.departed', ['teller/0']);
      },
      'relation-ids [NAME] prints the ids of relations of a name, the own one’s unless named': async () => {
        assert.equal(
          await tools('relation-ids db; relation-ids nothing; relation-ids'),
          'db:0\ndb:0\ncache:1\n',
        );
        assert.ok((await stage.told('asker/0.db-relation-changed.0')).includes('ids db:0 '));
      },
      'config-get [OPTION] prints an option, or all of them with their defaults': async () => {
        await stage.does('set', 'asker', 'port=81');
        await eventually(async () => assert.equal(await tools('config-get port'), '81\n'), 60_000);
        assert.equal(
          await tools('config-get; config-get empty; config-get nothing'),
          'title: none\nport: 81\n',
        );
      },
      'unit-get private-address|public-address prints where the unit is reached, and refuses anything else':
        async () =>
          assert.match(
            await tools(
              'unit-get private-address; unit-get public-address; unit-get mood 2>/dev/null; echo $?',
            ),
            /^[\d.:a-f]+\n[\d.:a-f]+\n2\n$/,
          ),
      'open-port and close-port PORT[/tcp|/udp] take effect when the hook succeeds, for ports from 1 to 65535':
        async () => {
          await tools('open-port 1; open-port 53/udp; open-port 65535/tcp');
          await eventually(
            async () => assert.deepEqual(await ports(), ['1/tcp', '53/udp', '65535/tcp']),
            60_000,
          );
          await tools('open-port 7; close-port 1; exit 1', 'asker/0', 1);
          assert.equal(
            await tools('for p in 0 65536 7/sctp; do open-port $p 2>/dev/null; echo $?; done'),
            '2\n2\n2\n',
          );
          await tools('close-port 53/udp');
          await eventually(async () => assert.deepEqual(await ports(), ['1/tcp', '65535/tcp']), 60_000);
        },
      'ensemble-log [-l LEVEL] MESSAGE … logs at that level': async () => {
        await tools('ensemble-log that is said; ensemble-log -l error that is bad');
        await eventually(async () => {
          const log = await stage.does('debug-log', '-n', '2');
          assert.match(log, /INFO: that is said\n.* ERROR: that is bad\n$/);
        }, 60_000);
      },
      'a hook sees one snapshot: what it read first it reads throughout': async () => {
        const line = 'config-get title; pause; config-get title; relation-get -r db late teller/0';
        const { stdout } = await withPause(
          `relation-get -r db late teller/0; ${line}`,
          'asker/0',
          'snapshot',
          async () => {
            await stage.does('set', '--no-wait', 'asker', 'title=new');
            await tools('relation-set -r srv late=too', 'teller/0');
          },
        );
        assert.equal(stdout, 'none\nnone\n');
        await eventually(async () => assert.equal(await tools('config-get title'), 'new\n'), 60_000);
      },
      'what a hook sets is told to others when it exits with 0, merging only its keys': async () => {
        const run = await withPause('relation-set -r srv one=1; pause', 'teller/0', 'setting', async () =>
          assert.equal(await fromTeller('one'), ''),
        );
        assert.equal(run.code, 0);
        await eventually(async () => assert.equal(await fromTeller('one'), '1\n'), 60_000);
        assert.equal(await fromTeller('port'), '7000\n');
      },
      'a hook that fails sets nothing': async () => {
        await tools('relation-set -r srv two=2; exit 3', 'teller/0', 3);
        await tools('relation-set -r srv three=3', 'teller/0');
        await eventually(async () => assert.equal(await fromTeller('three'), '3\n'), 60_000);
        assert.equal(await fromTeller('two'), '');
      },
      'in broken nobody is there, nothing can be set, only the own settings can be read, and no id is named':
        async () => {
          await stage.does('remove-relation', 'asker:db', 'teller');
          await stage.toldInTheEnd('asker/0.broken', ['list ', 'set 1', 'other 1', 'own kept', 'ids ']);
        },
      'what a hook prints is in the log': async () => {
        const log = await stage.does('debug-log', '-i', 'asker');
        assert.match(log, /asker\/0 install INFO: printed\n.*asker\/0 install INFO: complained\n/);
      },
      'a child that a hook leaves behind does not hold the unit up': async () => {
        // The one that `start` left goes on for as long as the test.
        assert.equal((await stage.unit('asker/0')).state, 'started');
      },
    });
  });
