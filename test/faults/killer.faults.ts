import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { requestResolved } from '../../control/unit/resolve.js';
import { flagUnits } from '../../control/upgrade/flag-units.js';
import { revertUnit } from '../../control/upgrade/revert.js';
import { editService } from '../../state/model/services.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { chooseSeed, seeded } from '../random.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { formatRun, readRuns, tracingFormula } from './formulas.js';
import { assertInvariants } from './invariants.js';
import { observeUnit } from './observer.js';
import { ONE, TWO, UNIT } from './life.js';

/** Kills in one run, on both engines together. */
const KILLS = Number(process.env.KILLS ?? 300);
/** Lives beside each other per engine. */
const LIVES = 2;

/** A world whose agent is killed again and again, at random, whatever the unit is doing. */
async function liveUnderFire(world: World, random: () => number, kills: number): Promise<number> {
  const brief = Object.fromEntries(
    ['install', 'config-changed', 'start', 'upgrade-formula', 'revert-formula'].map((hook) => [
      hook,
      'sleep 0.05 9>&-',
    ]),
  );
  await world.publish(1, tracingFormula(world, 1, brief));
  await world.publish(2, tracingFormula(world, 2, brief));
  let killed = 0;
  let title = 0;
  let agent = await world.agentProcess('m0', { up: false });
  const fire = async (): Promise<void> => {
    await pause(random() * 600);
    await agent.kill();
    killed += 1;
    agent = await world.agentProcess('m0', { up: false });
  };
  const expected = ['install 1', 'config-changed 1', 'start 1'];
  let on = ONE;
  await world.deploy(ONE);
  await fire();
  await world.untilOn(ONE);
  while (killed < kills) {
    const observer = observeUnit(world, UNIT, on);
    const deed = Math.trunc(random() * 3);
    if (deed === 0) {
      title += 1;
      await setConfigValues(world.coordinator, 'f', { title: `t${title}` });
      expected.push(`config-changed ${on === ONE ? 1 : 2}`);
    } else if (on === ONE) {
      await editService(world.coordinator, 'f', (service) => ({ ...service, previous: ONE, formula: TWO }));
      await flagUnits(world.coordinator, [UNIT], requester);
      expected.push('upgrade-formula 2', 'config-changed 2');
      on = TWO;
    } else {
      await revertUnit(world.coordinator, UNIT, requester);
      expected.push('revert-formula 1', 'config-changed 1');
      on = ONE;
    }
    for (let kill = Math.trunc(random() * 4); kill >= 0; kill -= 1) await fire();
    await eventually(async () => {
      assert.deepEqual(readRuns(await world.trace()).runs.map(formatRun), expected);
      const { status, unit, flag } = await world.unit();
      assert.deepEqual([status.state, unit.formula, flag], ['started', on, undefined]);
    }, 60_000);
    await assertInvariants(world, UNIT, [ONE, TWO], observer);
    observer.close();
  }
  await requestResolved(world.coordinator, UNIT, true, requester).catch(() => undefined);
  return killed;
}

describe('an agent that is killed at random, again and again', () => {
  const seed = chooseSeed();
  let server: ZookeeperServer;
  before(async function () {
    this.timeout(120_000);
    server = await startZookeeper();
  });
  after(() => server.stop());

  it(`does everything once and breaks no invariant: ${KILLS} kills on both engines (SEED=${seed})`, async function () {
    this.timeout(0);
    const each = Math.ceil(KILLS / (2 * LIVES));
    const lives = Array.from({ length: 2 * LIVES }, async (_, life) => {
      const world =
        life % 2 === 0
          ? await World.open()
          : await World.open({ state: `zookeeper://${server.address}/life${life}` });
      try {
        return await liveUnderFire(world, seeded(seed + life), each);
      } finally {
        await world.close();
      }
    });
    const killed = (await Promise.all(lives)).reduce((sum, kills) => sum + kills, 0);
    assert.ok(killed >= KILLS, `${killed} kills`);
  });
});
