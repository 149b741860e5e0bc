import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { readUnitState } from '../../control/status/snapshot.js';
import { requestRelationResolved, requestResolved } from '../../control/unit/resolve.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { requester, type World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { formatRuns, readRuns } from './formulas.js';
import { assertInvariants } from './invariants.js';
import { type Stage, UNIT } from './life.js';
import { type Observer, observeUnit, revisionOf } from './observer.js';
import type { PointRow, Row } from './row.js';
import { stages } from './stages.js';

/** How many agents in a row are killed at a point that kills for ever, before one comes that is spared. */
const MOST_DEATHS = 3;

/** How long a case may take to come to its end, in milliseconds. */
const WITHIN = 40_000;

/** Runs one case in a world of its own, and checks its row and the four invariants. */
export async function runPointCase(world: World, row: PointRow): Promise<void> {
  const stage = stages[row.stage];
  await stage.prepare(world, {});
  const observer = observeUnit(world, UNIT, stage.before);
  try {
    const agents = strike(world, row);
    await stage.ask(world);
    await untilFired(world, row);
    if (row.asksAgain === true) await askAgain(world, row);
    await follow(world, row);
    await agents;
    await settled(world, row);
    await assertRow(world, row, observer);
  } finally {
    observer.close();
  }
}

/** Waits until all is over that the stage began, also beside the unit. */
export async function settled(world: World, { stage: name }: Row): Promise<void> {
  const stage: Stage = stages[name];
  await stage.settles?.(world);
}

/** The message of a unit whose upgrade cannot be made ready names the command that asks once more. */
async function askAgain(world: World, { stage }: PointRow): Promise<void> {
  await eventually(async () => {
    const { status, unit } = await world.unit();
    assert.match(status.message, /next: ensemble upgrade-formula --revision 2 f$/);
    assert.deepEqual([status.state, unit.formula], ['started', stages[stage].before]);
  }, WITHIN);
  await stages[stage].ask(world);
}

/** A fault that fires once leaves a mark; one that fires for ever is one of the points passed. */
async function untilFired(world: World, { where }: PointRow): Promise<void> {
  await eventually(async () => {
    const passed = await readFile(world.path('faults', 'passed'), 'utf8').catch(() => '');
    assert.ok(passed.split('\n').includes(where), `${where} was passed`);
  }, WITHIN);
}

/** Starts the agent that the fault happens to, and the one that comes after it where it dies. */
async function strike(world: World, { kind, where, often }: PointRow): Promise<void> {
  const variables = {
    ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
    ENSEMBLE_FAULTS: `${where}=${kind}${often === 'always' ? ':always' : ''}`,
  };
  if (kind === 'hang') {
    const agent = await world.agentProcess('m0', { up: false, variables });
    await eventually(() => assert.ok(existsSync(world.path('faults', `fired-${where}`))), WITHIN);
    await agent.kill();
  } else {
    for (let deaths = 0; deaths < (often === 'always' ? MOST_DEATHS : 1); deaths += 1) {
      const agent = await world.agentProcess('m0', { up: false, variables });
      if (kind !== 'kill') return;
      const killed = agent.ended().then(() => true);
      const over = untilOver(world, deaths);
      if (!(await Promise.race([killed, over]))) return;
    }
  }
  await world.agent();
}

/** An agent that goes on past the point at which it should die, since its hook was started already, is not in its way. */
function untilOver(world: World, deaths: number): Promise<boolean> {
  if (deaths === 0) return new Promise<boolean>(() => undefined);
  return eventually(async () => {
    const found = await readUnitState(world.coordinator, UNIT);
    assert.equal(found?.status.state, 'started');
    assert.equal(found.unit.formula, stages.upgrade.after);
    return false;
  }, WITHIN);
}

/** Waits for each state of rest in turn, and does in between what the unit's message says. */
export async function follow(
  world: World,
  { states, tree, mayRestIn, relationRests, hooks }: Row,
): Promise<void> {
  const gone = tree === null;
  for (const state of gone ? states : states.slice(0, -1)) {
    const { status } = await world.until(state);
    const command = /ensemble resolved --retry ([^\s,]+)/.exec(status.next ?? '');
    assert.equal(command?.[1], UNIT, `the message names the way out: ${status.message}`);
    await requestResolved(world.coordinator, UNIT, true, requester);
  }
  const last = gone ? undefined : states.at(-1);
  let resolved = false;
  await eventually(async () => {
    const found = await readUnitState(world.coordinator, UNIT);
    if (found !== undefined && found.status.state === mayRestIn && !resolved) {
      resolved = true;
      await requestResolved(world.coordinator, UNIT, true, requester);
    }
    for (const [relation, { state }] of Object.entries(found?.status.relations ?? {})) {
      if (state !== 'error' || resolved || relationRests === undefined) continue;
      resolved = true;
      await requestRelationResolved(world.coordinator, UNIT, relation, true, requester);
    }
    assert.equal(found?.status.state, last, found?.status.message);
    assert.equal(found?.unit.formula ?? null, tree);
    if (last === undefined || !isErrorState(last)) assert.equal(found?.flag, undefined, 'the flag is off');
    // It was started before, and for observers it is while a relation goes on: only the hooks tell that it went on.
    if (relationRests !== undefined || mayRestIn !== undefined)
      assert.deepEqual(formatRuns(readRuns(await world.trace()).runs), hooks);
    if (relationRests === 'surely') assert.ok(resolved, 'the relation was in error');
  }, WITHIN);
}

/** The row's own expectations, then the invariants. */
export async function assertRow(
  world: World,
  row: Row,
  observer: Observer,
  more: readonly string[] = [],
): Promise<void> {
  const { before, after, repeated }: Stage = stages[row.stage];
  await eventually(async () => {
    assert.deepEqual(formatRuns(readRuns(await world.trace()).runs, repeated), row.hooks);
  }, WITHIN);
  await eventually(async () => {
    const found = await readUnitState(world.coordinator, UNIT);
    assert.equal(
      found?.status.state,
      row.tree === null ? undefined : row.states.at(-1),
      found?.status.message,
    );
  }, WITHIN);
  const formulas = [before, after, ...more].filter((formula) => formula !== null);
  await assertInvariants(world, UNIT, formulas, observer);
  if (row.disk !== null) {
    const link = await readlink(world.unitPath(UNIT, 'formula'));
    assert.equal(`world:f-${revisionOf(link)}`, row.disk, 'what the disk holds');
  }
  if (row.disk === null) assert.ok(!existsSync(world.unitPath(UNIT)), 'nothing of it is on the disk');
}
