import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { describeRows } from './describe-rows.js';
import { formatRuns, readRuns } from './formulas.js';
import { type Stage, UNIT } from './life.js';
import { pointsOf } from './points.js';
import { nameOf } from './row.js';
import { type StageName, stages } from './stages.js';
import { table } from './table.js';

/** Every so manieth row stands in `npm test`; the whole table is `npm run test:faults`. */
const EVERY = Math.ceil(table.length / 25);

/** What starts servers of its own, or a dozen agents, or waits for a session's end, is left to the whole table. */
const isLight = (row: (typeof table)[number]): boolean =>
  !('storage' in row || 'ownServer' in row || /loop breaker|ghost|clone/.test(row.fault));

describe('a sample of the fault table', () => {
  describeRows(table.filter(isLight).filter((_, index) => index % EVERY === 0));
});

describe('the fault table as a whole', () => {
  it('has more than 200 cases, each with a name of its own', () => {
    assert.ok(table.length > 200, `${table.length} cases`);
    assert.equal(new Set(table.map(nameOf)).size, table.length);
  });

  it('kills the agent at 14 points or more of the upgrade alone, on both engines', () => {
    for (const engine of ['embedded', 'zookeeper']) {
      const kills = table.filter(
        (row) => row.engine === engine && row.stage === 'upgrade' && /the agent is killed/.test(row.fault),
      );
      assert.ok(kills.length >= 14, `${kills.length} on ${engine}`);
    }
  });

  for (const name of Object.keys(stages) as StageName[]) {
    it(`knows every fault point that an undisturbed run passes: ${name}`, async function () {
      this.timeout(120_000);
      assert.deepEqual(await recordPoints(stages[name]), pointsOf(name).toSorted());
    });
  }
});

/** The points that an agent passes in a stage to which nothing happens. */
async function recordPoints(stage: Stage): Promise<readonly string[]> {
  const world = await World.open();
  try {
    await stage.prepare(world, {});
    const variables = { ENSEMBLE_ALLOW_FAULTS: world.path('faults'), ENSEMBLE_FAULTS: 'none=throw' };
    const agent = await world.agentProcess('m0', { variables });
    await stage.ask(world);
    await eventually(async () => {
      const ran = formatRuns(readRuns(await world.trace()).runs, stage.repeated);
      assert.deepEqual(ran, stage.hooks);
    });
    await (stage.after === null ? agent.logged('removed') : world.untilOn(stage.after, UNIT));
    await stage.settles?.(world);
    let passed: readonly string[] = [];
    const read = async (): Promise<readonly string[]> =>
      [...new Set((await readFile(world.path('faults', 'passed'), 'utf8')).trim().split('\n'))].sort();
    // The last hook's run is removed, and its state journalled, after everybody has been told.
    await eventually(async () => {
      passed = await read();
      assert.deepEqual(passed, pointsOf(stage.name as StageName).toSorted());
    }, 5_000).catch(() => undefined);
    return passed;
  } finally {
    await world.close();
  }
}
