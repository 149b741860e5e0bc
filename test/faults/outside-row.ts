import assert from 'node:assert/strict';
import type { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import type { DeedRow } from './deed.js';
import type { EngineName } from './row.js';
import { ONE } from './life.js';
import { type StageName, stages } from './stages.js';

/** A row of a stage that ends as if nothing had happened, except for `more`. */
export function ends(
  engine: EngineName,
  stage: StageName,
  fault: string,
  where: string,
  deed: DeedRow['deed'],
  more: Partial<DeedRow> = {},
): DeedRow {
  const { after, hooks } = stages[stage];
  const end = { states: ['started'], hooks, disk: after, tree: after } as const;
  return { engine, stage, fault, where, often: 'once', ...end, deed, ...more };
}

/** Waits until the unit's status says what is the matter, which it does without leaving its formula. */
export function said(world: World, words: RegExp, within = 60_000): Promise<void> {
  return eventually(async () => {
    const { unit, status } = await world.unit();
    assert.match(`${status.message} ${JSON.stringify(status.upgrade?.blockers ?? [])}`, words);
    if (status.state === 'started') assert.equal(unit.formula, ONE);
  }, within);
}
