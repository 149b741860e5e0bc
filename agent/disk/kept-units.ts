import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { KeptUnit } from '../../state/model/kept.js';
import type { Machine } from '../../state/model/machine-schemas.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { wordsOf } from '../contract/refused-by-system.js';
import type { Log } from '../contract/log.js';
import { bytesUnder } from './bytes-under.js';
import type { DataDirectory } from './data-directory.js';
import { ageOf, markAgain, type Moment, untilSettled } from './kept-age.js';
import { forgetKept, type KeptRecord, nameOfRecord, readKept, writeKept } from './kept-record.js';
import { requireOwn, targetOf } from './linked-directory.js';
import { asideName, clearPlace, moveAside, nameBegun, placesOf, unitOfAside } from './put-aside.js';
import { goingName, isMissing, isThere, markGoing, nameBefore, namesIn } from './kept-place.js';
import { removeTree } from './remove-tree.js';

/** Milliseconds between two looks, at most. */
const HOUR = 3_600_000;

/** The directories that removed units left on this machine, under `removed/`, and a note of each, under `kept/`. */
export interface KeptUnits {
  /**
   * Puts a unit's directory aside. May be done again after an interruption.
   * @param root of the unit's directory
   * @returns where it is, and until when; undefined where there is no such directory
   */
  putAside(root: string, unit: LeavingUnit): Promise<KeptUnit | undefined>;
  /** Removes a unit's directory, also where putting it aside had begun. May be done again after an interruption. */
  discard(root: string, unit: LeavingUnit): Promise<void>;
  /** True if anything that removed units leave is kept at all. */
  keeps(): boolean;
  /**
   * Removes what is kept of one unit, or all of it, or only says what would go.
   * @returns what was meant, the oldest first; what is still there has its reason
   */
  prune(which: {
    readonly unit?: string | undefined;
    readonly dryRun?: boolean | undefined;
  }): Promise<readonly KeptUnit[]>;
  /** The summary for the machine's node. */
  summary(): NonNullable<Machine['kept']>;
  /** Looks now, and removes what is due; as it does each hour, and when something is due. */
  look(): Promise<void>;
  /** Removes no more; resolves when it is not at work. */
  close(): Promise<void>;
}

/** Whose directory it is. */
export interface LeavingUnit {
  readonly unit: string;
  /** Empty where it is not known. */
  readonly incarnation: string;
  /** Milliseconds since the epoch; the same when it is done again. */
  readonly at: number;
  /** Kept until an operator removes it, since nobody asked for its removal, or who did wants it kept. */
  readonly forGood: boolean;
}

/** The needs of keeping what removed units leave. */
export interface Keeping {
  readonly clock: Clock;
  readonly log: Log;
  /** The machine's current boot. */
  readonly boot: string;
  /** Milliseconds; 0 keeps nothing. */
  readonly keepRemoved: () => number;
  /** Called when the summary may be another one. */
  readonly told: () => void;
}

/** Keeps what removed units left; `look` begins it. */
export function keepUnits(
  { root, units }: Pick<DataDirectory, 'root' | 'units'>,
  { clock, log, boot, keepRemoved, told }: Keeping,
): KeptUnits {
  const removed = join(root, 'removed');
  const notes = join(root, 'kept');
  const records = new Map<string, KeptRecord>();
  /** Those of them that are elsewhere, and cannot be reached there for now. */
  const away = new Set<string>();
  let timer: Timer | undefined;
  let over = false;
  /** One after the other: two that remove the same would be in each other's way. */
  let work: Promise<unknown> = Promise.resolve();

  const moment = (): Moment => ({ boot, monotonic: clock.monotonic(), now: clock.now() });
  const placeOf = (name: string, record: KeptRecord): string => record.place ?? join(removed, name);

  /** Milliseconds until it goes; undefined where only an operator removes it. */
  function left({ age, forGood }: KeptRecord): number | undefined {
    return forGood ? undefined : Math.max(0, keepRemoved() - ageOf(age, moment()));
  }

  function describe(name: string, record: KeptRecord): KeptUnit {
    const { unit, incarnation, removedAt, bytes } = record;
    const ms = left(record);
    const until = ms === undefined ? {} : { until: new Date(clock.now() + ms).toISOString() };
    return { unit, incarnation, removedAt, bytes, ...until, directory: placeOf(name, record) };
  }

  /** @returns why it is still there */
  async function remove(name: string, record: KeptRecord): Promise<string | undefined> {
    const place = placeOf(name, record);
    if (away.has(name)) return 'it is not there: its disk may not be mounted';
    try {
      if (record.place !== undefined && record.going !== true) await requireOwn(place, root, units);
      // First it is marked: what is half removed must not be taken for a unit's data.
      const going = { ...record, going: true };
      await betweenFaults('kept.mark', () => markGoing(place, () => writeKept(notes, name, going)));
      records.set(name, going);
      const isGone = await betweenFaults(
        'kept.remove',
        async () =>
          (await removeTree(goingName(place), () => !over)) && (await removeTree(place, () => !over)),
      );
      if (!isGone) return 'the agent ended meanwhile; the next one goes on';
      await clearPlace(removed, units, name, place);
      await betweenFaults('kept.forget', () => forgetKept(notes, name));
      records.delete(name);
      return undefined;
    } catch (error) {
      log.warning('the kept directory of a removed unit cannot be removed; the agent tries again', {
        unit: record.unit,
        path: place,
        error,
      });
      return wordsOf(error);
    }
  }

  /**
   * Reads what is there: by now somebody may have taken it, or a release that kept no records put it there.
   * @throws what keeps the directories from being listed
   */
  async function read(): Promise<void> {
    const files = await namesIn(notes);
    const named = new Set(files.flatMap((file) => nameOfRecord(file) ?? []));
    const aside = await namesIn(removed);
    for (const name of records.keys()) if (!named.has(name)) records.delete(name);
    for (const name of named)
      try {
        if (!(await readOne(name))) named.delete(name);
      } catch (error) {
        // It counts as it was known before.
        log.warning('the note on a removed unit cannot be read', {
          path: join(notes, name),
          error,
        });
      }
    for (const name of new Set(aside.map(nameBefore))) if (!named.has(name) && !over) await adopt(name);
  }

  /** @returns false where the note says nothing, and is gone: the directory is to be noted anew */
  async function readOne(name: string): Promise<boolean> {
    const record = await readKept(notes, name);
    if (record === undefined) {
      if (!over) await forgetKept(notes, name);
      records.delete(name);
      return false;
    }
    const place = placeOf(name, record);
    const isHalf = await isThere(goingName(place));
    const isHere = isHalf || (await isThere(place));
    away.delete(name);
    if (isHere) records.set(name, isHalf ? { ...record, going: true } : record);
    else if (record.place !== undefined && (await isMissing(removed, name, place))) {
      away.add(name);
      records.set(name, record);
    } else if (!over) {
      await clearPlace(removed, units, name, place);
      await forgetKept(notes, name);
      records.delete(name);
    }
    return true;
  }

  /** Nobody said for how long it is to be kept: an operator removes it. Without room for a note it is known all the same. */
  async function adopt(name: string): Promise<void> {
    const found = unitOfAside(name);
    if (found === undefined) return;
    const half = goingName(join(removed, name));
    const going = await isThere(half);
    const bytes = await bytesUnder(going ? half : join(removed, name));
    const age = { ...moment(), aged: 0 };
    const record: KeptRecord = { ...found, bytes, forGood: true, age, ...(going && { going }) };
    try {
      // Somebody who puts it aside in this moment knows more, and writes over it.
      await betweenFaults('kept.adopt', async () => {
        await mkdir(notes, { recursive: true, mode: 0o700 });
        const file = await open(join(notes, `${name}.json`), 'wx', 0o600);
        await file.writeFile(JSON.stringify(record)).finally(() => file.close());
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      log.warning('the kept directory of a removed unit cannot be noted', { unit: found.unit, error });
    }
    records.set(name, record);
  }

  async function lookNow(): Promise<void> {
    try {
      await read();
      for (const [name, record] of records) {
        if (over) return;
        if (away.has(name)) continue;
        const ms = left(record);
        if (record.going === true || ms === 0) {
          if (record.going !== true)
            log.info(
              `the kept directory of the removed unit has had its time, and goes: ${placeOf(name, record)}`,
              {
                unit: record.unit,
              },
            );
          await remove(name, record);
          continue;
        }
        const age = markAgain(record.age, moment());
        if (age === record.age) continue;
        records.set(name, { ...record, age });
        await writeKept(notes, name, { ...record, age });
      }
    } catch (error) {
      log.warning('the agent cannot look after the kept directories of removed units', { error });
    } finally {
      told();
      again();
    }
  }

  /** At the next moment at which something is due, and each hour. */
  function again(): void {
    timer?.cancel();
    if (over) return;
    const due = [...records].flatMap(([name, record]) =>
      record.going === true || away.has(name) ? [] : (left(record) ?? []),
    );
    const settling = [...records.values()]
      .map(({ age }) => untilSettled(age, moment()))
      .filter((ms) => ms > 0);
    timer = clock.after(Math.min(HOUR, ...settling, ...due.map((ms) => ms + 1)), () => void look());
  }

  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = work.then(act);
    work = result.catch(() => undefined);
    return result;
  }

  async function look(): Promise<void> {
    await inTurn(async () => {
      if (!over) await lookNow();
    });
  }

  return {
    look,
    keeps: () => keepRemoved() > 0,
    async putAside(from, { unit, incarnation, at, forGood }) {
      const name = (await nameBegun(from, unit, incarnation)) ?? asideName(unit, incarnation, at);
      await mkdir(notes, { recursive: true, mode: 0o700 });
      const place = await betweenFaults('kept.move', () => moveAside(removed, from, name));
      if (place === undefined) return undefined;
      const record: KeptRecord = {
        unit,
        incarnation,
        removedAt: new Date(at).toISOString(),
        bytes: await bytesUnder(place),
        forGood,
        ...(place !== join(removed, name) && { place }),
        age: { ...moment(), aged: 0 },
      };
      await betweenFaults('kept.record', () => writeKept(notes, name, record));
      records.set(name, record);
      told();
      again();
      return describe(name, record);
    },
    async discard(from, { unit, incarnation, at }) {
      const name = asideName(unit, incarnation, at);
      const places = placesOf(removed, from, name);
      for (const place of [...places, from]) {
        const target = await targetOf(place);
        if (target === undefined) continue;
        await requireOwn(target, root, units, from);
        await removeTree(target);
      }
      for (const place of places) await removeTree(place);
      await forgetKept(notes, name);
      records.delete(name);
      await removeTree(from);
      told();
    },
    prune: ({ unit, dryRun }) =>
      inTurn(async () => {
        if (over) return [];
        await read();
        const meant = [...records]
          .filter(([, record]) => unit === undefined || record.unit === unit)
          .sort(([, a], [, b]) => (a.removedAt < b.removedAt ? -1 : 1));
        const found: KeptUnit[] = [];
        for (const [name, record] of meant) {
          if (over) break;
          const reason = dryRun === true ? undefined : await remove(name, record);
          found.push({ ...describe(name, record), ...(reason !== undefined && { reason }) });
        }
        if (dryRun !== true) told();
        return found;
      }),
    summary() {
      const kept = [...records.values()];
      const due = kept.flatMap((record) => left(record) ?? []);
      return {
        units: kept.length,
        bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
        ...(due.length > 0 && { until: new Date(clock.now() + Math.min(...due)).toISOString() }),
      };
    },
    async close() {
      over = true;
      timer?.cancel();
      await work;
    },
  };
}
