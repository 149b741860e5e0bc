import { type Absence, absenceSentence } from '../../state/model/absence.js';
import type { LeftBehind } from '../../state/model/left-behind.js';
import type { UnitState } from '../status/snapshot.js';
import { printable } from '../../state/platform/printable.js';
import { unitMessage } from '../status/unit-message.js';
import type { Standing } from './standing.js';
import { type Goal, standingOf } from './goal.js';
import type { Turn, WatchedUnits } from './watch-units.js';

/** A followed unit as it is shown. All texts are printable. */
export interface Row {
  readonly unit: string;
  /** Null while it waits for a machine. */
  readonly machine: string | null;
  /** The formula it runs, if any. */
  readonly formula: string | null;
  readonly standing: Standing;
  /** Why nobody works on it, where it is placed and `offline`. */
  readonly absence?: Absence['kind'];
  /** The formula it is asked to go to, or going to, where that is known. */
  readonly heading?: string;
  /** The workflow's state, and the upgrade's step where there is one: `upgrading, hook`. */
  readonly doing: string;
  readonly message: string;
  /** The agent's advice on the unit; empty if it gives none. */
  readonly next: string;
  /** What hooks had left in the formula that the unit went from to where it was asked to go. */
  readonly leftBehind?: LeftBehind;
}

/** The rows of all followed units, in their order. */
export function rowsOf(goal: Goal, names: readonly string[], watched: WatchedUnits): readonly Row[] {
  return names.map((name) => {
    const unit = watched.units.get(name);
    const machine = unit?.unit.machine ?? null;
    const agentUp = machine !== null && watched.agentsUp.has(machine);
    const turn = unit === undefined ? undefined : watched.waiting?.get(name);
    const standing = turn === undefined ? standingOf(goal, unit, agentUp) : STANDINGS[turn.on];
    const left = unit?.status.leftBehind;
    const isOfGoal = goal.kind === 'upgraded' && standing === 'done' && left?.to === goal.formula;
    const heading = unit?.flag?.to ?? unit?.status.upgrade?.to;
    const absence = watched.absences?.get(machine ?? '');
    const isAbsent = standing === 'offline' && machine !== null;
    return {
      unit: name,
      machine,
      formula: unit?.unit.formula ?? null,
      standing,
      ...(isAbsent && { absence: absence?.kind ?? 'down' }),
      ...(heading !== undefined && { heading }),
      doing: unit === undefined ? 'removed' : doingOf(unit),
      message:
        turn !== undefined && turn.on !== 'agent'
          ? printable(turn.reason)
          : unit === undefined
            ? ''
            : messageOf(unit, standing, absence),
      next: printable(unit?.status.next ?? ''),
      ...(isOfGoal && left !== undefined && { leftBehind: left }),
    };
  });
}

/** Of units that wait for their turn in a rollout, by what keeps them. */
const STANDINGS: Readonly<Record<Turn['on'], Standing>> = {
  others: 'under-way',
  agent: 'offline',
  somebody: 'waits',
  failed: 'failed',
};

/** What a unit is doing, e.g. `started`, `started, fetching`, `upgrading, hook`. */
export function doingOf({ status, flag }: Pick<UnitState, 'status' | 'flag'>): string {
  const step = status.upgrade?.step ?? (flag === undefined ? undefined : 'upgrade wanted');
  return printable(step === undefined ? status.state : `${status.state}, ${step}`);
}

function messageOf(
  { status, unit, damage }: UnitState,
  standing: Standing,
  absence: Absence = { kind: 'down' },
): string {
  if (damage !== undefined) return printable(damage);
  if (standing === 'offline') {
    return unit.machine === null ? 'no machine yet' : printable(absenceSentence(unit.machine, absence));
  }
  return unitMessage(status);
}
