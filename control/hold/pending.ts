import type { Coordinator } from '../../state/coordination/coordinator.js';
import { paths } from '../../state/model/paths.js';
import { unitsOfService } from '../../state/model/services.js';

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
