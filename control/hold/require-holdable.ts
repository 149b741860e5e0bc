import type { Coordinator } from '../../state/coordination/coordinator.js';
import { requireService } from '../../state/model/services.js';
import { requireUnit } from '../../state/model/units.js';

/** So that of several services and units all are held, or none. @throws ServiceNotFound, UnitNotFound */
export async function requireHoldable(coordinator: Coordinator, names: readonly string[]): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      if (name.includes('/')) await requireUnit(coordinator, name);
      else await requireService(coordinator, name);
    }),
  );
}
