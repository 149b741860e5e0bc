import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type Problem, parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type UnitStatus, statusSchema } from '../../state/model/unit-schemas.js';
import { isErrorState } from '../../state/model/workflow-state.js';

/** Statuses that are looked at together, while the next ones are on their way. */
const TOGETHER = 500;

/** The statuses of units in an error state, by their names. */
export type UnitErrors = ReadonlyMap<string, UnitStatus>;

/**
 * Which of the units are in an error state. Everything is asked for at once, so that what is written after this call is
 * in none of the answers, however long they take to be looked at.
 * @param problems gets the statuses that cannot be read
 */
export async function readUnitErrors(
  coordinator: Coordinator,
  names: readonly string[],
  problems: Problem[] = [],
): Promise<UnitErrors> {
  const parts: Promise<readonly (readonly [string, UnitStatus])[]>[] = [];
  for (let start = 0; start < names.length; start += TOGETHER)
    parts.push(errorsAmong(coordinator, names.slice(start, start + TOGETHER), problems));
  return new Map((await Promise.all(parts)).flat());
}

async function errorsAmong(
  coordinator: Coordinator,
  names: readonly string[],
  problems: Problem[],
): Promise<readonly (readonly [string, UnitStatus])[]> {
  const nodes = await coordinator.getMany(names.map(paths.status));
  return names.flatMap((name, index) => {
    // Nobody knows the error of a unit that cannot be read.
    const status = parseSound(paths.status(name), statusSchema, nodes[index], problems)?.value;
    return status !== undefined && isErrorState(status.state) ? [[name, status] as const] : [];
  });
}
