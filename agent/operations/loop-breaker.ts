import { NoProgress } from '../contract/errors.js';
import type { UnitRecord } from '../journal/record.js';
import type { Uses } from '../machine/parts.js';
import type { RecordedUnit } from './recorded-unit.js';

/** The unit that is taken up. */
export interface UnitTakenUp extends RecordedUnit, Uses<'afterDeath'> {
  /** True the first time that this agent sets about `strand`. */
  isFirst(strand: string): boolean;
}

/** So many agents in a row may die at one and the same place of a unit's journal; after that it is not taken up again. */
const MOST_DEATHS = 5;

/** The parts of a unit that can go on by themselves: its workflow, and beside it the preparation of an upgrade. */
type Strand = keyof NonNullable<UnitRecord['deaths']>;

/**
 * The loop breaker: notes, before the first thing that an agent does for a unit after the one before it died, that this
 * is tried once more. Whatever gets the unit any further forgets the count, so what ends the agent each time, and is
 * started again with it, comes to its end. A hook that goes on while agents die gets the unit further by itself.
 * @param at what is tried: another thing than before is a beginning; default: the step of the upgrade under way
 * @throws NoProgress
 */
export function takeUp(unit: UnitTakenUp, strand: Strand, at = stepOf(unit)): Promise<void> | undefined {
  if (!unit.isFirst(strand)) return undefined;
  const { deaths = {} } = unit.record();
  const before = deaths[strand]?.at === at ? deaths[strand].times : 0;
  const times = unit.parts.afterDeath ? before + 1 : 0;
  return times === before ? undefined : noteDeaths(unit, strand, at, times);
}

/** Forgets the count of a strand whose end is not otherwise in the journal. */
export async function gotThrough(unit: UnitTakenUp, strand: Strand): Promise<void> {
  const { deaths = {} } = unit.record();
  if (deaths[strand] !== undefined) await unit.save({ deaths: { ...deaths, [strand]: undefined } });
}

const stepOf = (unit: RecordedUnit): string => unit.record().upgrade?.step ?? '';

async function noteDeaths(unit: UnitTakenUp, strand: Strand, at: string, times: number): Promise<void> {
  const { deaths = {}, state } = unit.record();
  await unit.save({ deaths: { ...deaths, [strand]: { at, times } } });
  if (times < MOST_DEATHS) return;
  const what = strand === 'workflow' ? `${unit.name} was ${state}` : `${unit.name} prepared an upgrade`;
  throw new NoProgress({
    sentence: `${times} agents in a row died while ${what}, and nothing was done in between`,
    next: 'find out why in the log of the agent',
  });
}
