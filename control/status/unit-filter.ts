import type { Snapshot, UnitState } from './snapshot.js';
import { isErrorState } from '../../state/model/workflow-state.js';

/** Any state of error, also of one of the unit's relations. */
export const ANY_ERROR = 'error';

/** Which units `status` shows, beside those that are named. */
export interface UnitFilter {
  /** In one of these states, or `error`. */
  readonly unitState?: readonly string[];
  /** Not on the formula of their service. */
  readonly behind?: boolean;
  /** On one of these machines. */
  readonly machine?: readonly string[];
}

/** Keeps the units that the filter lets through, with their services and machines; all of it without a filter. */
export function filterUnits(snapshot: Snapshot, { unitState, behind, machine }: UnitFilter): Snapshot {
  if (unitState === undefined && behind !== true && machine === undefined) return snapshot;
  const isShown = (unit: UnitState, formula: string): boolean =>
    (unitState === undefined || unitState.some((each) => isIn(unit, each))) &&
    (behind !== true || (unit.unit.formula !== null && unit.unit.formula !== formula)) &&
    (machine === undefined || machine.includes(unit.unit.machine ?? ''));
  const services = snapshot.services
    .map((service) => ({
      ...service,
      units: service.units.filter((unit) => isShown(unit, service.service.formula)),
    }))
    .filter(({ units }) => units.length > 0);
  const hosts = new Set(services.flatMap(({ units }) => units.map(({ unit }) => unit.machine)));
  const machines = snapshot.machines.filter(({ name }) => hosts.has(name));
  return { ...snapshot, machines, services };
}

function isIn({ status }: UnitState, state: string): boolean {
  if (state !== ANY_ERROR) return status.state === state;
  const relations = Object.values(status.relations ?? {});
  return isErrorState(status.state) || relations.some((relation) => relation.state === 'error');
}
