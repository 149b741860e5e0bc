import { parseFormulaId } from '../../state/formula/formula-id.js';
import { configuredStanding } from './configured.js';
import type { UnitState } from '../status/snapshot.js';
import type { Standing } from './standing.js';
import { isErrorState } from '../../state/model/workflow-state.js';

/** The state that a command waits for in its units. */
export interface Goal {
  readonly service: string;
  /**
   * `started`: the units run. `upgraded`: they run, on `formula`, and no flag is left. `configured`: their
   * `config-changed` is through for the config's `version`, or a later one.
   */
  readonly kind: 'started' | 'upgraded' | 'configured';
  /** For `configured`: of the node of the service's config. */
  readonly version?: number;
  /** The units were asked to go back: asked again, they go back one more. */
  readonly back?: true;
  /** The formula that \`revert-formula\` takes the whole service back to from here, where there is one. */
  readonly before?: string | undefined;
  /** The formula that the whole service was had to leave, which is not taken again as it is. */
  readonly left?: string | undefined;
  /** The formula id, for `upgraded` and for what is told. */
  readonly formula: string;
  /**
   * By unit, the `since` of an error state it was in before it was asked and is forced out of: as long as it still
   * stands there, the unit has not failed but not begun.
   */
  readonly forced: ReadonlyMap<string, string>;
}

/** Decides a unit's standing from what it is now; nothing of how it came there matters. */
export function standingOf(goal: Goal, unit: UnitState | undefined, agentUp: boolean): Standing {
  if (unit === undefined) return 'gone';
  if (goal.kind === 'configured') return configuredStanding(goal.version ?? 0, unit, agentUp);
  if (unit.damage !== undefined) return 'stuck';
  const { state, since, upgrade, relations = {} } = unit.status;
  if (state === 'stopping' || state === 'stopped' || state === 'removed') return 'gone';
  const asked = unit.flag !== undefined || upgrade !== undefined;
  if (isErrorState(state) && !isForcedOut(goal, unit)) {
    if (goal.forced.get(unit.name) !== since) return 'failed';
    // Nothing takes it out of there: no force that is asked for, as where it is where it was to go, or one that stops.
    if (state === 'stop-error') return 'failed';
    const { flag } = unit;
    const standsThere = flag?.revert === true && flag.to === upgrade?.to;
    if (flag?.force !== true || standsThere) return 'called-off';
  }
  if (state === 'started') {
    if (goal.kind === 'started') return 'done';
    if (!asked) {
      if (unit.unit.formula === goal.formula) return 'done';
      // It went back by itself, and says why in its message.
      if (unit.unit.bad?.includes(goal.formula)) return 'failed';
      return isNewer(unit.unit.formula, goal.formula) ? 'overtaken' : 'called-off';
    }
  }
  if (!agentUp) return 'offline';
  // The prepared upgrade waits for an operator: the formula lacks a relation that cannot be left.
  const kept = upgrade?.step === 'waiting' && Object.values(relations).some((one) => one.state === 'error');
  const preparing =
    upgrade?.step === 'fetching' || upgrade?.step === 'staging' || (kept && state === 'started');
  const blocked = preparing && (upgrade.blockers?.length ?? 0) > 0;
  return blocked || lacksFormula(unit) ? 'stuck' : 'under-way';
}

/** True if a flag by force is about to take the unit out of its error, unless the flag led to that error. */
function isForcedOut({ formula }: Goal, { flag, status: { state, since, upgrade } }: UnitState): boolean {
  if (flag?.force !== true || state === 'stop-error') return false;
  if (state !== 'upgrade-error') return true;
  // The flag may lead another way than the goal: back, where others turned the rollout.
  return upgrade?.to !== (flag.to ?? formula) || flag.over === since;
}

/** Before its formula is there no hook has run, so that only its agent can have something to say. */
function lacksFormula({ unit, status }: UnitState): boolean {
  return status.state === 'installing' && unit.formula === null && status.message !== '';
}

function isNewer(formula: string | null, goal: string): boolean {
  return formula !== null && parseFormulaId(formula).revision > parseFormulaId(goal).revision;
}
