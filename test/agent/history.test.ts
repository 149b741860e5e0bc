import assert from 'node:assert/strict';
import { readServiceHistory, recordRequest } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { ensemble } from './operator.js';
import { requester, World } from './world.js';

interface Row {
  readonly what: string;
  readonly outcome: string;
  readonly unit?: string;
  readonly by?: string;
  readonly from?: string;
  readonly to?: string;
  readonly took?: number;
  readonly message?: string;
}

for (const engines of [embedded, zookeeper()])
  describe(`history, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    beforeEach(async () => {
      world = await World.open(engines.environment());
    });
    afterEach(() => world.close());

    async function rows(...args: readonly string[]): Promise<readonly Row[]> {
      const { code, stdout, stderr } = await ensemble(world, 'history', '--format', 'json', ...args);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    }

    const told = async (...args: readonly string[]): Promise<readonly string[]> =>
      (await rows(...args)).map(({ unit = '', what, outcome }) => `${unit} ${what} ${outcome}`.trim());

    it('tells what was asked, by whom, and what came of it, how long it took', async () => {
      await world.writeFormula(1);
      await world.agent();
      const deployed = await ensemble(world, 'deploy', '--repository', world.path('world'), 'f');
      assert.equal(deployed.code, 0, deployed.stderr);
      await world.writeFormula(2);
      const upgraded = await ensemble(world, 'upgrade-formula', 'f');
      assert.equal(upgraded.code, 0, upgraded.stderr);
      await eventually(async () =>
        assert.deepEqual(
          (await told()).slice(0, 6).sort(),
          [
            'deploy asked',
            'f/0 install done',
            'f/0 start done',
            'f/0 upgrade done',
            'f/0 config done',
            'upgrade asked',
          ].sort(),
        ),
      );
      const all = await rows();
      const upgrade = all.find(({ what, outcome }) => what === 'upgrade' && outcome === 'done');
      assert.deepEqual([upgrade?.from, upgrade?.to], ['world:f-1', 'world:f-2']);
      assert.match(upgrade?.by ?? '', /^\S+@\S+$/);
      assert.equal(typeof upgrade?.took, 'number');
      const { stdout } = await ensemble(world, 'history', 'f/0');
      assert.match(stdout, /^TIME +ON +WHAT +OUTCOME +TOOK +BY +FROM +TO +MESSAGE\n/);
      assert.match(stdout, /Z +f\/0 +upgrade +done +\d\.\d s +\S+@\S+ +world:f-1 +world:f-2/);
    });

    it('tells errors with their reason, and who resolved them', async () => {
      const one = await world.publish(1, {
        hooks: { start: '[ "$ENSEMBLE_HOOK_ATTEMPT" -gt 1 ] || { echo no room >&2; exit 1; }' },
      });
      await world.agent();
      await world.deploy(one);
      await world.until('start-error');
      await requestResolved(world.coordinator, 'f/0', true, requester);
      await world.untilOn(one);
      await eventually(async () =>
        assert.deepEqual(await told('f/0'), [
          'f/0 install done',
          'f/0 start failed',
          'f/0 resolved asked',
          'f/0 resolved done',
          'f/0 start done',
        ]),
      );
      const [, failed, , resolved] = await rows('f/0');
      assert.match(failed?.message ?? '', /hook "start".*exit status 1/);
      assert.equal(resolved?.by, 'tester@here');
    });

    it('names the values that were set, and of secrets the options', async () => {
      const config =
        'options:\n  password: {type: string, default: none}\n  pin: {type: int, secret: true}\n  title: {type: string}\n';
      const one = await world.publish(1, { config });
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      assert.equal((await ensemble(world, 'set', 'f', 'password=hunter2', 'pin=4711', 'title=b')).code, 0);
      await eventually(async () => assert.equal((await told()).at(-1), 'f/0 config done'));
      const all = JSON.stringify(await rows());
      assert.match(all, /"message":"password: \(secret\), pin: \(secret\), title: \(default\) → \\"b\\""/);
      assert.match(
        all,
        /"changes":\{"password":\{"secret":true\},"pin":\{"secret":true\},"title":\{"to":"b"\}\}/,
      );
      assert.doesNotMatch(all, /hunter2|4711/);
    });

    it('is kept when the unit and its service are gone', async () => {
      const one = await world.publish(1);
      await world.agent();
      await world.deploy(one, 2);
      await world.untilOn(one);
      await world.untilOn(one, 'f/1');
      await requestRemoval(world.coordinator, ['f/1'], requester);
      await eventually(async () => assert.equal(await world.coordinator.get(paths.unit('f/1')), undefined));
      const [last] = (await rows('f/1')).slice(-1);
      assert.deepEqual([last?.what, last?.outcome, last?.by], ['remove', 'done', 'tester@here']);
      assert.equal((await ensemble(world, 'destroy-service', 'f')).code, 0);
      await eventually(async () => assert.equal(await world.coordinator.get(paths.service('f')), undefined));
      assert.ok((await told('f')).includes('f/0 remove done'));
      assert.ok((await told('f')).includes('destroy-service asked'));
    });

    it('goes on after the agent was killed, with nothing twice', async () => {
      const one = await world.publish(1);
      const first = await world.agentProcess();
      await world.deploy(one);
      await world.untilOn(one);
      await first.kill();
      await world.agentProcess();
      const two = await world.publish(2);
      await world.upgrade(two);
      await world.untilOn(two);
      await eventually(async () =>
        assert.deepEqual(await told('f/0'), [
          'f/0 install done',
          'f/0 start done',
          'f/0 upgrade done',
          'f/0 config done',
        ]),
      );
    });

    it('is bounded, and shows the last ones on demand', async () => {
      for (let turn = 0; turn < 205; turn += 1) {
        const entry = requestEntry(requester, { what: 'set', message: `turn ${turn}` });
        await recordRequest(world.coordinator, 'f', entry);
      }
      const entries = await readServiceHistory(world.coordinator, 'f');
      assert.equal(entries.length, 200);
      assert.equal(entries[0]?.message, 'turn 5');
      const shown = await rows('-n', '2', 'f');
      assert.deepEqual(
        shown.map(({ message }) => message),
        ['turn 203', 'turn 204'],
      );
    });

    it('names what never was', async () => {
      const { code, stderr } = await ensemble(world, 'history', 'nobody');
      assert.equal(code, 1);
      assert.match(stderr, /service nobody does not exist/);
      assert.match((await ensemble(world, 'history', 'nobody/3')).stderr, /unit nobody\/3 does not exist/);
    });
  });
