import { isErrorState } from '../../state/model/workflow-state.js';
import type { UnitState } from '../status/snapshot.js';
import type { Standing } from './standing.js';

/** Error states that a new config leads out of by itself. */
const RETRIED: ReadonlySet<string> = new Set(['install-error', 'config-error', 'start-error']);

/**
 * How far a unit is that shall run `config-changed` for a version of its service's config, or a later one. Whatever
 * others do meanwhile, it comes to its end: what is wanted of its config later counts too, an upgrade runs the hook, and
 * an error that no config leads out of has failed, as the values do not come as far as that unit. One that starts with
 * the values has them when it has started.
 */
export function configuredStanding(
  version: number,
  { status, unit, damage }: UnitState,
  agentUp: boolean,
): Standing {
  if (damage !== undefined) return 'stuck';
  const { state, config } = status;
  if (state === 'stopping' || state === 'stopped' || state === 'removed') return 'gone';
  const hasSeen = (config?.seen ?? -1) >= version;
  // What failed before its formula and its config were known is not tried again for a value.
  const isRetried = RETRIED.has(state) && !(state === 'install-error' && (config?.tried ?? null) === null);
  if (isRetried) {
    if ((config?.tried ?? -1) >= version) return 'failed';
  } else if (hasSeen && state !== 'starting') {
    return 'done';
  } else if (isErrorState(state)) {
    return 'failed';
  }
  if (!agentUp) return 'offline';
  // Nobody has taken it up yet, so that there is nobody who could tell.
  if (state === 'pending') return 'under-way';
  if (config === undefined) return 'untold';
  if (state === 'installing' && unit.formula === null && status.message !== '') return 'stuck';
  // Its agent knows no config for it, as where the state does not tell its formula: soon after a start that passes.
  if (state === 'started' && config.tried === null) return 'stuck';
  return 'under-way';
}
