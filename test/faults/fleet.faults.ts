import assert from 'node:assert/strict';
import { flagUnits } from '../../control/upgrade/flag-units.js';
import { editService } from '../../state/model/services.js';
import { readServiceState } from '../../control/status/snapshot.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { startEnsemble, type ZookeeperServer } from '../servers/zookeeper.js';
import { formatRun, readRuns, tracingFormula } from './formulas.js';
import { ONE, TWO } from './life.js';

const UNITS = 100;

describe('three ZooKeeper servers, of which the leader dies', function () {
  this.timeout(300_000);
  let servers: readonly ZookeeperServer[] = [];
  before(async () => {
    servers = await startEnsemble(3);
  });
  after(async () => {
    for (const server of servers) await server.stop();
  });

  it(`in the middle of an upgrade of ${UNITS} units: each is upgraded once`, async () => {
    const addresses = servers.map(({ address }) => address).join(',');
    const world = await World.open({ state: `zookeeper://${addresses}/fleet` });
    const onTwo = async (): Promise<number> => {
      const state = await readServiceState(world.coordinator, 'f');
      return (state?.units ?? []).filter(({ unit }) => unit.formula === TWO).length;
    };
    try {
      await world.publish(1, tracingFormula(world, 1));
      await world.publish(2, tracingFormula(world, 2, { 'upgrade-formula': 'sleep 0.05 9>&-' }));
      await world.agentProcess();
      const units = await world.deploy(ONE, UNITS);
      await eventually(async () => {
        const state = await readServiceState(world.coordinator, 'f');
        assert.equal(state?.units.filter(({ status }) => status.state === 'started').length, UNITS);
      }, 120_000);
      await editService(world.coordinator, 'f', (service) => ({ ...service, previous: ONE, formula: TWO }));
      await flagUnits(world.coordinator, units, requester);
      await eventually(async () => assert.ok((await onTwo()) >= 10), 60_000);
      const leading = await Promise.all(servers.map((server) => server.leads()));
      const leader = servers[leading.indexOf(true)];
      assert.ok(leader, 'one of them leads');
      // Asked before: whoever reads after it waits until another one leads, and by then all hooks may have run.
      assert.ok((await onTwo()) < UNITS, 'the upgrade is under way');
      await leader.kill();
      for (const unit of units) await world.untilOn(TWO, unit);
      for (const unit of units) {
        assert.deepEqual(
          readRuns(await world.trace(unit)).runs.map(formatRun),
          ['install 1', 'config-changed 1', 'start 1', 'upgrade-formula 2', 'config-changed 2'],
          unit,
        );
      }
    } finally {
      await world.close();
    }
  });
});
