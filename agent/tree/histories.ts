import type { Coordinator } from '../../state/coordination/coordinator.js';
import {
  type HistoryEntry,
  openServiceHistory,
  openUnitHistory,
  readUnitHistory,
} from '../../state/model/history.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import type { TreeWriter } from './tree-writer.js';

/** The histories of this machine's units, as they stand in the tree. */
export interface Histories {
  /** Makes the unit's history ready to be written, and gives what it says. */
  open(unit: string): Promise<readonly HistoryEntry[]>;
}

/** A service's own node is looked for once, however many of its units there are. */
export function openHistories(coordinator: Coordinator, writer: TreeWriter): Histories {
  const services = new Map<string, Promise<void>>();
  return {
    async open(unit) {
      const service = serviceOfUnit(unit);
      const opening = services.get(service) ?? openServiceHistory(coordinator, service);
      services.set(service, opening);
      opening.catch(() => services.delete(service));
      await opening;
      try {
        // What was made may be gone with all else, where the state was set up anew.
        await writer
          .write(() => openUnitHistory(coordinator, unit))
          .catch((error: unknown) => {
            services.delete(service);
            throw error;
          });
      } catch (error) {
        // What it stands under may have been deleted by hand: it is looked for once more.
        services.delete(service);
        throw error;
      }
      return readUnitHistory(coordinator, unit);
    },
  };
}
