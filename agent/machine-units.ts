import type { Observation } from '../state/coordination/coordinator.js';
import { EnsembleError } from '../state/errors.js';
import { forcedOut } from '../state/model/forced-removal.js';
import { compareUnits, paths, serviceOfUnit, unitOfNode } from '../state/model/paths.js';
import { attendDamaged } from './damaged-units.js';
import type { Journalled } from './journal/journal.js';
import { newRecord, type UnitRecord } from './journal/record.js';
import type { RelationRecord } from './journal/relation-record.js';
import type { AgentParts } from './parts.js';
import { untilItWorks } from './retry.js';
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
  /** What ends attending to the units that cannot be hosted. */
  const damaged = new Map<string, () => void>();
  let stopped = false;

  function host(record: UnitRecord, relations: readonly RelationRecord[]): void {
    const unit = new AgentUnit(parts, record, relations, ({ name }) => {
      units.get(name)?.stop();
      units.delete(name);
      parts.home.gone(name);
      // The name may be in use again, which was not looked at while the unit had it.
      look();
    });
    units.set(record.unit, unit);
    unit.start();
  }

  const relations = new Map<string, RelationRecord[]>(journalled.units.map(({ unit }) => [unit, []]));
  for (const record of journalled.relations) relations.get(record.unit)?.push(record);
  for (const record of journalled.units) host(record, relations.get(record.unit) ?? []);
  for (const damage of journalled.damaged) {
    const { unit } = damage;
    const anew = async (): Promise<void> => {
      await parts.journal.remove(unit);
      damaged.delete(unit);
      if (stopped) return;
      parts.log.warning('the unit begins its life anew', { unit });
      host(newRecord(unit, serviceOfUnit(unit), new Date(parts.clock.now()).toISOString()), []);
    };
    const failed = (error: unknown): void => parts.log.error('the unit cannot begin anew', { unit, error });
    damaged.set(
      unit,
      attendDamaged(parts, damage, () => void anew().catch(failed)),
    );
  }
  const path = paths.machineUnits(parts.machine);

  function take(nodes: readonly string[]): void {
    const wanted = nodes.map(unitOfNode).sort(compareUnits);
    const now = new Date(parts.clock.now()).toISOString();
    const strangers = wanted.filter((name) => !units.has(name) && !damaged.has(name));
    for (const name of strangers) host(newRecord(name, serviceOfUnit(name), now), []);
    for (const [name, unit] of units) {
      if (wanted.includes(name) || unit.record().state === 'stopped' || unit.isEvicted()) continue;
      forsake(unit).catch((error: unknown) =>
        parts.log.error('what became of the unit in the state tree is not known', { unit: name, error }),
      );
    }
  }

  /** Whether the tree is being read, and whether that has to be done once more. */
  let [looking, again] = [false, false];

  /**
   * Compares the units here with those that the tree has for this machine now. Read anew each time: what an observation
   * brings may be of before a unit that has gone since.
   */
  function look(): void {
    again = true;
    if (looking) return;
    looking = true;
    const read = async (): Promise<void> => {
      while (again && !stopped) {
        again = false;
        const nodes = await parts.coordinator.children(path);
        if (!stopped && !again) take(nodes ?? []);
      }
    };
    untilItWorks(read, {
      clock: parts.clock,
      random: parts.random,
      mayHeal: (error) => error instanceof EnsembleError && !stopped,
      failed: (error) => {
        again = true;
        parts.log.error('the units of this machine cannot be read from the state tree', { error });
      },
    })
      .catch((error: unknown) => {
        if (!stopped) parts.log.error('the units of this machine were not read', { error });
      })
      .finally(() => {
        looking = false;
        if (again && !stopped) look();
      });
  }
  const observation: Observation = parts.coordinator.observeChildren(path, look);

  /**
   * A unit that an operator removed by force, when its machine was taken for lost, is stopped: another may be in its
   * place. One that is gone for no reason that is known, as where the whole state is, is left alone with its data.
   */
  async function forsake(unit: AgentUnit): Promise<void> {
    const { name } = unit;
    const disowner = parts.home.disowned(name);
    if (disowner !== undefined) {
      parts.log.warning(
        'the state that was accepted does not have the unit; it stops, and its data is put aside',
        {
          unit: name,
        },
      );
      unit.evict(disowner);
      return;
    }
    const by = await untilItWorks(() => forcedOut(parts.coordinator, name), {
      clock: parts.clock,
      random: parts.random,
      mayHeal: (error) => error instanceof EnsembleError && !unit.isStopped(),
      failed: (error) => parts.log.error('the history cannot be read', { unit: name, error }),
    });
    if (unit.isStopped() || unit.isEvicted() || unit.record().state === 'stopped') return;
    if (by !== undefined) {
      parts.log.warning(
        `${by.by} removed the unit by force while this agent was away; it stops, and its data is put aside`,
        { unit: name },
      );
      unit.evict(by);
      return;
    }
    parts.log.warning('the unit is no longer in the state tree; it is left as it is on disk', { unit: name });
    unit.stop();
    units.delete(name);
  }

  return {
    units,
    stop() {
      stopped = true;
      observation.close();
      for (const end of damaged.values()) end();
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
