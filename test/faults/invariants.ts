import assert from 'node:assert/strict';
import { readFile, readlink } from 'node:fs/promises';
import { findProcess } from '../../state/platform/process-stat.js';
import { listTree } from '../../state/formula/tree.js';
import { nodeOfUnit } from '../../state/model/paths.js';
import { readUnitState } from '../../control/status/snapshot.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { readRuns } from './formulas.js';
import { type Observer, revisionOf } from './observer.js';

/**
 * The four invariants, which hold after every case whatever was done to the agent:
 *
 * 1. the formula directory is byte for byte one of the published formulas, the old or the new one;
 * 2. hooks of a unit never overlap, and one is run again only where its run before was cut off, as the next attempt;
 * 3. the tree never claimed a formula that the disk did not have;
 * 4. the unit is started on the old or the new formula, or in an error state whose message names the command to run.
 *
 * A unit that was removed has left nothing, and only the second and third are asked of it.
 * @param formulas the formula ids the unit may be on
 */
export async function assertInvariants(
  world: World,
  unit: string,
  formulas: readonly string[],
  observer: Observer,
): Promise<void> {
  await assertRuns(world, unit);
  assert.deepEqual(observer.broken, [], 'the tree never claims a formula the disk does not have');
  // What is under way may be told late, and then that it is over.
  const found = await eventually(async () => {
    const state = await readUnitState(world.coordinator, unit);
    const rests = state === undefined || state.status.state === 'started' || isErrorState(state.status.state);
    assert.ok(rests, `it comes to rest: ${state?.status.state}`);
    return state;
  });
  if (found === undefined) return;
  const { status, unit: node } = found;
  await assertFormula(world, unit, formulas);
  if (isErrorState(status.state)) {
    assert.match(
      `${status.message} ${status.next}`,
      /\bensemble (resolved|revert-formula|upgrade-formula|destroy)/,
      'the error names the command to run',
    );
    return;
  }
  assert.ok(formulas.includes(node.formula ?? ''), `on the old or the new formula: ${node.formula}`);
  assert.equal(await readFile(world.unitPath(unit, 'data', 'book'), 'utf8'), 'ours\n', 'its data is whole');
}

/** The directory that the link names holds exactly what was published. */
async function assertFormula(world: World, unit: string, formulas: readonly string[]): Promise<void> {
  const link = await readlink(world.unitPath(unit, 'formula')).catch(() => undefined);
  // A unit that could not install has none; it is in an error state then.
  if (link === undefined) return;
  const revision = revisionOf(link);
  assert.ok(formulas.includes(`world:f-${revision}`), `the link names the old or the new formula: ${link}`);
  assert.deepEqual(
    await listTree(world.unitPath(unit, 'formula')),
    await listTree(world.path('world', `f-${revision}`)),
    'the formula directory is byte for byte what was published',
  );
}

async function assertRuns(world: World, unit: string): Promise<void> {
  const { runs, overlaps } = readRuns(await world.trace(unit));
  assert.deepEqual(overlaps, [], `hooks of ${nodeOfUnit(unit)} never overlap`);
  for (const [index, run] of runs.entries()) {
    if (run.attempt === 1) continue;
    const before = runs[index - 1];
    assert.ok(
      before?.hook === run.hook && before.attempt === run.attempt - 1,
      `attempt ${run.attempt} of ${run.hook} follows the one before it`,
    );
    assert.ok(!before.ended || findProcess(before.pid) === undefined);
  }
}
