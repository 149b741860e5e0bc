import type { Observation } from '../state/coordination/coordinator.js';
import { compareUnits, paths, serviceOfUnit, unitOfNode } from '../state/model/paths.js';
import type { Journalled } from './journal/journal.js';
import { newRecord, type UnitRecord } from './journal/record.js';
import type { RelationRecord } from './journal/relation-record.js';
import type { AgentParts } from './parts.js';
import { AgentUnit } from './unit/unit.js';

/** The units of this machine. */
export interface MachineUnits {
  readonly units: ReadonlyMap<string, AgentUnit>;
  /** Leaves all units as they are, for the next agent. */
  stop(): void;
}

/**
 * Hosts the units of this machine: those of the journal at once, so that their running hooks are known before any hook
 * tool asks; those of the tree as they come.
 */
export function hostUnits(parts: AgentParts, journalled: Journalled): MachineUnits {
  const units = new Map<string, AgentUnit>();

  function host(record: UnitRecord, relations: readonly RelationRecord[]): void {
    const unit = new AgentUnit(parts, record, relations, ({ name }) => {
      units.get(name)?.stop();
      units.delete(name);
    });
    units.set(record.unit, unit);
    unit.start();
  }

  const relations = new Map<string, RelationRecord[]>(journalled.units.map(({ unit }) => [unit, []]));
  for (const record of journalled.relations) relations.get(record.unit)?.push(record);
  for (const record of journalled.units) host(record, relations.get(record.unit) ?? []);
  const path = paths.machineUnits(parts.machine);
  const observation: Observation = parts.coordinator.observeChildren(path, (nodes) => {
    const wanted = (nodes ?? []).map(unitOfNode).sort(compareUnits);
    const now = new Date(parts.clock.now()).toISOString();
    for (const name of wanted) if (!units.has(name)) host(newRecord(name, serviceOfUnit(name), now), []);
    forsake(new Set(wanted));
  });

  /** A unit that somebody took out of the tree by force is left alone, with its data, rather than removed. */
  function forsake(wanted: ReadonlySet<string>): void {
    for (const [name, unit] of units) {
      if (wanted.has(name) || unit.record().state === 'stopped') continue;
      parts.log.warning('the unit is no longer in the state tree; it is left as it is on disk', {
        unit: name,
      });
      unit.stop();
      units.delete(name);
    }
  }

  return {
    units,
    stop() {
      observation.close();
      for (const unit of units.values()) unit.stop();
    },
  };
}

/** The sha256 of every bundle that a unit runs, keeps to go back to, or is on its way to. */
export function neededBundles({ units }: MachineUnits): ReadonlySet<string> {
  const refs = [...units.values()].flatMap((unit) => {
    const { formula, earlier, upgrade } = unit.record();
    return [formula, ...earlier, upgrade?.to ?? null];
  });
  return new Set(refs.flatMap((ref) => (ref === null ? [] : [ref.sha256])));
}
