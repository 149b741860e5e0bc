import assert from 'node:assert/strict';
import { TAKEN_UP_WITHIN } from '../../../agent/postpone/related-waits.js';
import { zookeeper } from '../../e2e/engines.js';
import { eventually } from '../../eventually.js';
import { one, RelatedWorld, two } from './related-world.js';

describe('related units on two machines, on ZooKeeper', function () {
  this.timeout(120_000);
  const engine = zookeeper();
  let related: RelatedWorld;
  before(() => engine.start());
  after(() => engine.stop());
  beforeEach(async () => {
    related = await RelatedWorld.open(engine.environment());
  });
  afterEach(() => related.close());

  it('hold the upgrade, whichever agent is restarted, until they have it proceed', async () => {
    const [web, db] = await related.begin('upgrade-hold --for 2h --reason backup', {
      machines: ['m0', 'm1'],
    });
    await related.upgrade();
    const { until } = await related.held();
    await db?.stop();
    await web?.stop();
    await related.agent('m0');
    assert.equal((await related.held()).until, until, 'a hold stands while its agent is away');
    await related.agent('m1');
    await related.command('run', 'db/0', '--', 'upgrade-proceed', '--unit', 'web/0');
    await related.world.untilOn(two, 'web/0');
    await related.cleared();
    assert.deepEqual(await related.asked(), [`web/0 ${two}`]);
  });

  it('are waited for no longer than half a minute where no agent takes it up', async () => {
    const [web, db] = await related.begin('upgrade-hold', { machines: ['m0', 'm1'] });
    // As one that is restarted: it is still there for the others.
    await db?.stop();
    await related.upgrade();
    await eventually(async () => {
      const { unit, status } = await related.world.unit('web/0');
      assert.equal(unit.formula, one);
      assert.match(
        status.upgrade?.blockers?.[0]?.reason ?? '',
        /^db\/0, which is related to web\/0, is asked about its upgrade and has not answered$/,
      );
    });
    await web?.stop();
    related.ahead = TAKEN_UP_WITHIN;
    await related.agent('m0');
    await related.world.untilOn(two, 'web/0');
    await related.cleared();
    await related.agent('m1');
    await related.world.untilOn(one, 'db/0');
    assert.deepEqual(await related.asked(), []);
  });
});
