import type { Coordinator } from '../../state/coordination/coordinator.js';
import {
  afterRequest,
  lastRequest,
  openServiceHistory,
  openUnitHistory,
  readUnitHistory,
} from '../../state/model/history.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import type { TreeWriter } from './tree-writer.js';

/** The histories of this machine's units, as they stand in the tree. */
export interface Histories {
  /** Makes the unit's history ready to be written, and gives what it says. */
  open(unit: string): Promise<readonly HistoryEntry[]>;
  /** Says of those of the entries that are not in the tree yet after which request they come. */
  placed(
    entries: readonly HistoryEntry[],
    isNew: (entry: HistoryEntry) => boolean,
  ): Promise<readonly HistoryEntry[]>;
}

/**
 * A service's own node is looked for once for all its units that come together. Later it is looked for again: it may
 * have been pruned with a service that is gone, and another one have its name.
 */
export function openHistories(coordinator: Coordinator, writer: TreeWriter): Histories {
  const services = new Map<string, Promise<void>>();
  let asking: Promise<number | undefined> | undefined;

  /** Asked once for all units that are written together, and never earlier than for one that a request made act. */
  function last(): Promise<number | undefined> {
    asking ??= Promise.resolve().then(() => {
      asking = undefined;
      return lastRequest(coordinator);
    });
    return asking;
  }

  return {
    async placed(entries, isNew) {
      const after = await last();
      return entries.map((entry) => (isNew(entry) ? afterRequest(entry, after) : entry));
    },
    async open(unit) {
      const service = serviceOfUnit(unit);
      const opening = services.get(service) ?? openServiceHistory(coordinator, service);
      services.set(service, opening);
      try {
        await opening;
      } finally {
        services.delete(service);
      }
      await writer.write(() => openUnitHistory(coordinator, unit));
      return readUnitHistory(coordinator, unit);
    },
  };
}
