import assert from 'node:assert/strict';
import { removeRelation } from '../../../control/remove/remove-relation.js';
import { requestRemoval } from '../../../control/remove/remove-units.js';
import { paths } from '../../../state/model/paths.js';
import { eventually } from '../../eventually.js';
import { requester } from '../world.js';
import { one, RelatedWorld, relatable, two } from './related-world.js';

const HOUR = 3_600_000;

describe('units that are related to one that is to be upgraded', function () {
  this.timeout(120_000);
  let related: RelatedWorld;
  beforeEach(async () => {
    related = await RelatedWorld.open();
  });
  afterEach(() => related.close());

  it('know what it is about, and their silence proceeds; peers are not asked', async () => {
    await related.begin('upgrade-get --format json >"$trace.get"', { units: 2 });
    const { world } = related;
    await related.upgrade();
    await world.untilOn(two, 'web/0');
    assert.deepEqual(await related.asked(), [`web/0 ${two}`]);
    assert.deepEqual(await related.asked('web-1'), []);
    const text = await world.text('db-0.env');
    for (const line of [
      'ENSEMBLE_UPGRADE_UNIT=web/0',
      'ENSEMBLE_UPGRADE_SERVICE=web',
      `ENSEMBLE_UPGRADE_RELATION=srv:${related.relation}`,
      `ENSEMBLE_FORMULA_FROM=${one}`,
      `ENSEMBLE_FORMULA_TO=${two}`,
      'ENSEMBLE_UPGRADE_CLASS=eligible',
    ])
      assert.ok(text.split('\n').includes(line), `${line} in ${text}`);
    const { deadline, ...facts } = JSON.parse(await world.text('db-0.get'));
    const hours = (Date.parse(deadline) - Date.now()) / HOUR;
    assert.ok(hours > 47.9 && hours <= 48, deadline);
    assert.deepEqual(facts, {
      unit: 'web/0',
      service: 'web',
      relation: `srv:${related.relation}`,
      from: one,
      to: two,
      class: 'eligible',
      urgent: '',
      hold: null,
      blockers: [],
    });
    await related.cleared();
  });

  it('hold it, which everybody sees, over a restart, until they have it proceed', async () => {
    await related.begin('upgrade-hold --for 2h --reason backup');
    const { world } = related;
    await related.command('upgrade-formula', '--no-wait', 'web');
    const blocker = await related.held();
    assert.deepEqual(
      [blocker.who, blocker.reason],
      ['db/0', 'db/0, which is related to web/0, holds its upgrade: backup'],
    );
    assert.match(
      blocker.ends ?? '',
      /^ensemble run db\/0 -- upgrade-proceed --unit web\/0, or .*--force --unit web\/0 web$/,
    );
    const words = /db\/0, which is related to web\/0, holds its upgrade: backup/;
    assert.match(await related.command('status'), words);
    await eventually(async () =>
      assert.match(
        await related.command('history', 'db'),
        /its formula holds the upgrade of web\/0 until .*: backup/,
      ),
    );
    assert.match(await related.command('rollout', 'status', '--format', 'json', 'web'), words);
    assert.match(await related.command('run', 'web/0', '--', 'upgrade-get', 'blockers'), words);
    const mine = JSON.parse(
      await related.command('run', 'db/0', '--', 'upgrade-get', '--unit', 'web/0', '--format', 'json'),
    );
    assert.equal(mine.hold.reason, 'backup');
    await world.stopAgents();
    await related.agent();
    assert.equal((await related.held()).until, blocker.until);
    assert.deepEqual(await related.asked(), [`web/0 ${two}`]);
    await related.command('run', 'db/0', '--', 'upgrade-proceed', '--unit', 'web/0');
    await world.untilOn(two, 'web/0');
    await related.cleared();
  });

  it('hold it where their hook fails, for 48 hours together, and no longer by another formula', async () => {
    await related.begin('exit 3');
    const { world } = related;
    await related.upgrade();
    const { reason, until = '' } = await related.held();
    assert.match(
      reason,
      /db\/0, which is related to web\/0, holds its upgrade: hook "upgrade-pending" of db\/0 failed/,
    );
    related.ahead = 47 * HOUR;
    await related.upgrade(await world.publish(3, relatable(3, 'exit 3')));
    await eventually(async () => assert.deepEqual((await related.asked()).at(-1), 'web/0 world:f-3'));
    assert.equal((await related.held()).until, until, 'a newer formula begins no new time');
    await world.stopAgents();
    related.ahead = 48 * HOUR;
    await related.agent();
    await world.untilOn('world:f-3', 'web/0');
    await related.cleared();
  });

  it('are gone over by force, on record', async () => {
    await related.begin('upgrade-hold');
    await related.upgrade();
    await related.held();
    await related.command('upgrade-formula', '--force', '--unit', 'web/0', 'web');
    await related.world.untilOn(two, 'web/0');
    const history = JSON.parse(await related.command('history', '--format', 'json', 'web/0'));
    const done = history.find(({ what }: { what: string }) => what === 'upgrade');
    assert.match(done?.message ?? '', /^although held by db\/0 until /);
    await related.cleared();
  });

  it('hold it no more when the relation is over', async () => {
    await related.begin('upgrade-hold');
    await related.upgrade();
    await related.held();
    await removeRelation(related.world.coordinator, related.relation, requester);
    await related.world.untilOn(two, 'web/0');
    await related.cleared();
  });

  it('hold it no more when they go', async () => {
    await related.begin('upgrade-hold');
    const { world } = related;
    await related.upgrade();
    await related.held();
    await requestRemoval(world.coordinator, ['db/0'], requester);
    await world.untilOn(two, 'web/0');
    await eventually(async () =>
      assert.equal(await world.coordinator.get(paths.relatedWord('web/0', 'db/0')), undefined),
    );
  });

  it('forget it when it is called off, and when the unit goes', async () => {
    await related.begin('upgrade-hold');
    const { world } = related;
    await related.upgrade();
    await related.held();
    await world.coordinator.remove(paths.upgrade('web/0'));
    await related.cleared();
    await related.upgrade();
    await related.held();
    assert.equal((await related.asked()).length, 2);
    await requestRemoval(world.coordinator, ['web/0'], requester);
    await eventually(async () =>
      assert.equal(await world.coordinator.get(paths.upgradeAsk('db/0', 'web/0')), undefined),
    );
  });

  for (const point of ['ask', 'word', 'withdraw'].flatMap((name) => [
    `related.${name}.before`,
    `related.${name}.after`,
  ]))
    it(`come to the same end where an agent is killed at ${point}`, async () => {
      await related.begin('upgrade-hold --for 2h');
      const { world } = related;
      await world.stopAgents();
      const variables = { ENSEMBLE_FAULTS: `${point}=kill`, ENSEMBLE_ALLOW_FAULTS: world.path('faults') };
      const doomed = await world.agentProcess('m0', { variables });
      await related.upgrade();
      if (point.includes('withdraw')) {
        await related.held();
        await world.coordinator.remove(paths.upgrade('web/0'));
        await doomed.ended();
        await related.agent();
      } else {
        await doomed.ended();
        await related.agent();
        await related.held();
        await related.command('run', 'db/0', '--', 'upgrade-proceed', '--unit', 'web/0');
        await world.untilOn(two, 'web/0');
      }
      await related.cleared();
      assert.deepEqual(await related.asked(), [`web/0 ${two}`]);
    });
});
