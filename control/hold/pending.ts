import type { Coordinator } from '../../state/coordination/coordinator.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import { goalOf, readRollout } from '../../state/model/rollout.js';
import { unitsOfService } from '../../state/model/services.js';
import { readUnits } from '../../state/model/units.js';

/** The units, among these and those of these services, that an upgrade is already wanted of. */
export async function pendingAmong(
  coordinator: Coordinator,
  names: readonly string[],
): Promise<readonly string[]> {
  const units = await Promise.all(
    names.map((name) => (name.includes('/') ? [name] : unitsOfService(coordinator, name))),
  );
  const all = [...new Set(units.flat())];
  const flags = await coordinator.getMany(all.map(paths.upgrade));
  return all.filter((_, index) => flags[index] !== undefined);
}

/** What takes units on by itself when nobody holds them any more. */
export interface Following {
  readonly units: readonly string[];
  /** The formula that the rollout leads to. */
  readonly to: string;
}

/**
 * The units of a service, or the unit, that a rollout left out and takes on as soon as nobody holds them; undefined where it
 * takes on none.
 */
export async function followingAfter(coordinator: Coordinator, what: string): Promise<Following | undefined> {
  const service = what.includes('/') ? serviceOfUnit(what) : what;
  const rollout = (await readRollout(coordinator, service))?.value;
  if (rollout === undefined || rollout.closed === true) return undefined;
  if (!['running', 'reverting', 'done'].includes(rollout.state)) return undefined;
  const to = goalOf(rollout);
  const names = what === service ? await unitsOfService(coordinator, service) : [what];
  const units = (await readUnits(coordinator, names, [])).filter(
    ({ unit }) => unit.formula !== to && unit.removing !== true,
  );
  return units.length === 0 ? undefined : { units: units.map(({ name }) => name), to };
}
