import { EnsembleError } from '../../state/platform/errors.js';
import { compareUnits, paths, unitOfNode } from '../../state/model/paths.js';
import { attendDamaged, type DamagedUnit } from './damaged-units.js';
import type { HookGate } from '../machine/hook-gate.js';
import type { Journalled } from '../journal/journal.js';
import type { UnitRecord } from '../journal/record.js';
import type { RelationRecord } from '../journal/relation-record.js';
import { begun, evicted, isSameLife, onItsDirectory, takenUp, whoLetGo } from './lives.js';
import { lookAgain, type UnitTrouble } from './look-again.js';
import type { AgentParts } from '../machine/parts.js';
import { untilItWorks } from '../contract/retry.js';
import { placedLives } from '../tree/placed-lives.js';
import type { Life } from '../tree/watch-requests.js';
import { AgentUnit, type UnitOwner } from '../unit/unit.js';
import { type WatchedUnit, watchDirectories } from './watch-directories.js';

/** A unit as its host sees it: what it does in between is its own business. */
type HostedUnit = WatchedUnit &
  Pick<
    AgentUnit,
    'abandon' | 'evict' | 'isEvicted' | 'isStopped' | 'record' | 'relationRecords' | 'start' | 'stop'
  >;

/** The units of this machine. */
export interface MachineUnits {
  readonly units: ReadonlyMap<string, HostedUnit>;
  /** Leaves all units as they are, for the next agent. */
  stop(): void;
  /** The same where the machine is another agent's: resolves when no hook of them runs. */
  abandon(gate: HookGate): Promise<void>;
}

/** A unit that the tree does not know any more, or that could not be taken up yet; it is left as it is on the disk. */
interface Left {
  readonly record: UnitRecord;
  readonly relations: readonly RelationRecord[];
}

/**
 * Hosts the units of this machine: those of the journal before any of the tree's, so that their running hooks are known
 * when hook tools ask; those of the tree as they come. A name in the tree may be another life's than the one in the
 * journal, which is found out before a unit is taken up: see `lives.ts`.
 */
export async function hostUnits(parts: AgentParts, journalled: Journalled): Promise<MachineUnits> {
  const { coordinator, machine, log } = parts;
  const units = new Map<string, HostedUnit>();
  const left = new Map<string, Left>();
  const damaged = new Map<string, DamagedUnit>();
  /** Units that may have been replaced by another life of their name. */
  const suspects = new Set<string>();
  let stopped = false;

  const owner: UnitOwner = {
    gone({ name }): void {
      units.get(name)?.stop();
      units.delete(name);
      parts.home.gone(name);
      // The name may be in use again, which was not looked at while the unit had it.
      look();
    },
    suspects: ({ name }): void => suspect(name),
  };

  function suspect(name: string): void {
    suspects.add(name);
    look();
  }

  function host(record: UnitRecord, relations: readonly RelationRecord[]): void {
    if (stopped) return;
    const unit = new AgentUnit(parts, record, relations, owner);
    units.set(record.unit, unit);
    unit.start();
  }

  /** Takes up units of the tree that are not hosted here yet. */
  async function receive(life: Life): Promise<void> {
    const { record, relations = [] } = left.get(life.unit) ?? {};
    const next = record === undefined ? await begun(parts, life) : await takenUp(parts, record, life);
    left.delete(life.unit);
    host(next, relations);
  }

  /** Sees whether a unit that is hosted here is still the one that the tree has. */
  async function compare(life: Life): Promise<void> {
    const { unit: name } = life;
    const unit = units.get(name);
    if (unit !== undefined) {
      if (unit.isEvicted() || (await isSameLife(parts, unit.record(), life))) return;
      const { evicted: by } = await evicted(parts, unit.record(), life);
      if (by !== undefined && !unit.isStopped()) unit.evict(by);
    } else if ((await damaged.get(name)?.isReplacedBy(life)) === true) {
      damaged.delete(name);
      host(await begun(parts, life), []);
    }
  }

  const isStranger = (name: string): boolean => !units.has(name) && !damaged.has(name);

  /** Each unit by itself: the trouble of one is not the others'. */
  async function judge(life: Life): Promise<readonly UnitTrouble[]> {
    const { unit } = life;
    try {
      await (isStranger(unit) ? receive(life) : compare(life));
      return [];
    } catch (error) {
      if (!isStranger(unit)) suspects.add(unit);
      return [{ unit, error }];
    }
  }

  /** Compares the units here with those that the tree has for this machine. */
  async function take(names: readonly string[]): Promise<readonly UnitTrouble[]> {
    const asked = names.filter((name) => isStranger(name) || suspects.has(name));
    const lives = asked.length === 0 ? [] : [...(await placedLives(coordinator, machine, asked)).values()];
    if (stopped) return [];
    // A unit that is suspected from now on needs another look.
    for (const name of asked) suspects.delete(name);
    // Their environment may be another one than that of formulas which were looked up before.
    if (asked.some(isStranger)) parts.formulas.forget();
    const troubles = (await Promise.all(lives.map(judge))).flat();
    for (const [name, unit] of units) {
      if (names.includes(name) || unit.record().state === 'stopped' || unit.isEvicted()) continue;
      forsake(unit).catch((error: unknown) =>
        log.error('what became of the unit in the state tree is not known', { unit: name, error }),
      );
    }
    return troubles;
  }

  const look = lookAgain(
    async () => {
      // Read anew: what an observation brings may be of before a unit that has gone since.
      const nodes = (await coordinator.children(paths.machineUnits(machine))) ?? [];
      return take(nodes.map(unitOfNode).sort(compareUnits));
    },
    () => stopped,
    parts,
  );

  /**
   * A unit that an operator removed by force, when its machine was taken for lost, is stopped: another may be in its
   * place. One that is gone for no reason that is known, as where the whole state is, is left alone with its data.
   */
  async function forsake(unit: HostedUnit): Promise<void> {
    const { name } = unit;
    const { incarnation } = unit.record();
    const goesOn = (): boolean =>
      !(unit.isStopped() || unit.isEvicted() || unit.record().state === 'stopped');
    const by = await whoLetGo(parts, unit.record(), goesOn);
    if (!goesOn()) return;
    if (by !== undefined) {
      unit.evict(by);
      return;
    }
    log.warning('the unit is no longer in the state tree; it is left as it is on disk', {
      unit: name,
      incarnation,
    });
    left.set(name, { record: unit.record(), relations: unit.relationRecords() });
    unit.stop();
    units.delete(name);
    // It may be there again by now.
    look();
  }

  /** Before it is taken up: it would join relations of its service that another unit of that name may be in by now. */
  async function letGo(record: UnitRecord): Promise<UnitRecord> {
    if (record.evicted !== undefined || record.state === 'stopped') return record;
    // Asked once: the other units do not wait for it, and it is asked again when this one is missed.
    const by = await whoLetGo(parts, record, () => false).catch(() => undefined);
    return by === undefined ? record : { ...record, evicted: by };
  }

  const names = [...journalled.units, ...journalled.damaged].map(({ unit }) => unit);
  const lives = await untilItWorks(() => placedLives(coordinator, machine, names), {
    clock: parts.clock,
    random: parts.random,
    mayHeal: (error) => error instanceof EnsembleError,
    failed: (error) => log.error('the units of this machine cannot be read from the state tree', { error }),
  });
  const relations = new Map<string, RelationRecord[]>(journalled.units.map(({ unit }) => [unit, []]));
  for (const record of journalled.relations) relations.get(record.unit)?.push(record);
  const records = await Promise.all(
    journalled.units.map(async (record) => {
      const life = lives.get(record.unit);
      if (life === undefined) return letGo(record);
      try {
        return await takenUp(parts, record, life);
      } catch (error) {
        log.error('the unit cannot be taken up; it is tried again', { unit: record.unit, error });
        left.set(record.unit, { record, relations: relations.get(record.unit) ?? [] });
        return undefined;
      }
    }),
  );
  for (const record of records) if (record !== undefined) host(record, relations.get(record.unit) ?? []);
  for (const damage of journalled.damaged) {
    const { unit } = damage;
    const anew = async (life: Life): Promise<void> => {
      damaged.delete(unit);
      if (stopped) return;
      log.warning('the unit begins its life anew', { unit, incarnation: life.incarnation });
      host(onItsDirectory(parts, await begun(parts, life)), []);
    };
    damaged.set(unit, attendDamaged(parts, damage, { anew, suspects: () => suspect(unit) }));
    suspects.add(unit);
  }
  const observation = coordinator.observeChildren(paths.machineUnits(machine), look);

  const watchNoMore = watchDirectories(() => units.values(), parts.clock);

  function listenNoMore(): void {
    stopped = true;
    watchNoMore();
    observation.close();
    for (const { end } of damaged.values()) end();
  }

  return {
    units,
    stop() {
      listenNoMore();
      for (const unit of units.values()) unit.stop();
    },
    async abandon(gate) {
      listenNoMore();
      const ended = [...units.values()].map((unit) => unit.abandon());
      await gate.shut();
      // Once more: a hook may have been on its way through.
      await Promise.all([...ended, ...[...units.values()].map((unit) => unit.abandon())]);
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
