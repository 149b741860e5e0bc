import assert from 'node:assert/strict';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { ensemble } from './operator.js';
import { World } from './world.js';

const RELATED = 'name: f\nrevision: 1\nprovides: {srv: thing}\nrequires: {cli: thing}\n';
const CONFIG = 'options: {password: {type: string}}\n';

for (const engines of [embedded, zookeeper()]) {
  describe(`the history of relations and requests, with ${engines.name}`, function () {
    this.timeout(120_000);
    let world: World;
    before(async () => {
      await engines.start();
      world = await World.open(engines.environment());
    });
    after(async () => {
      await world.close();
      await engines.stop();
    });

    async function rows(...subject: readonly string[]): Promise<readonly HistoryEntry[]> {
      const { code, stdout, stderr } = await ensemble(world, 'history', '--format', 'json', ...subject);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    }

    async function done(...args: readonly string[]): Promise<void> {
      const { code, stderr } = await ensemble(world, ...args);
      assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    }

    it('tells who related, exposed, configured and parted services, once, and of both what is about both', async () => {
      const formula = await world.publish(1, {
        hooks: { 'srv-relation-joined': '[ -e "$TRACE/gate-mended" ] || { echo no room >&2; exit 3; }' },
        files: { 'metadata.yaml': RELATED, 'config.yaml': CONFIG },
      });
      await world.agent();
      await world.deploy(formula, 1, 'web');
      await world.deploy(formula, 1, 'db');
      await done('add-relation', 'web:cli', 'db:srv');
      await done('expose', 'db');
      await done('expose', 'db');
      await done('set', 'db', 'password=hunter2');
      await done('unexpose', 'db');
      await eventually(async () =>
        assert.equal((await world.unit('db/0')).status.relations?.['srv:0']?.state, 'error'),
      );
      await world.openGate('mended');
      await done('resolved', '--retry', 'db/0', 'srv');
      await eventually(async () => assert.equal((await rows('db/0')).at(-1)?.what, 'srv-relation-joined'));
      await done('remove-relation', 'web', 'db');

      const asked = (await rows()).filter(({ outcome, unit }) => outcome === 'asked' && unit === undefined);
      for (const { by, at } of asked) assert.match(`${by} ${at}`, /^\S+@\S+ \d{4}-\d\d-\d\dT/);
      assert.deepEqual(
        asked.map(({ what, message }) => `${what} ${message ?? ''}`),
        [
          'add-relation web:cli db:srv',
          'expose ',
          'set password: (secret)',
          'unexpose ',
          'remove-relation web:cli db:srv',
        ],
      );
      const ofWeb = (await rows('web')).filter(({ outcome }) => outcome === 'asked');
      assert.deepEqual(
        ofWeb.map(({ what }) => what),
        ['add-relation', 'remove-relation'],
      );
    });

    it('tells of a unit which relation hook failed, why, who resolved it, and that it went through then', async () => {
      const told = (await rows('db/0')).filter(({ what }) => /relation|resolved/.test(what));
      assert.deepEqual(
        told.map(({ what, outcome }) => `${what} ${outcome}`),
        ['srv-relation-joined failed', 'resolved asked', 'resolved done', 'srv-relation-joined done'],
      );
      const [failed, , resolved, through] = told;
      assert.match(failed?.message ?? '', /^relation srv:0: .*no room/s);
      assert.equal(resolved?.message, 'relation srv:0: the hook runs again');
      assert.match(resolved?.by ?? '', /@/);
      assert.equal(through?.message, 'relation srv:0');
      assert.doesNotMatch(JSON.stringify(await rows()), /hunter2/);
    });
  });
}
