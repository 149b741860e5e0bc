import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { wordsOf } from '../contract/refused-by-system.js';
import type { Log } from '../contract/log.js';
import { bytesUnder } from './bytes-under.js';
import type { DataDirectory } from './data-directory.js';
import type { Moment } from './kept-age.js';
import { forgetKept, type KeptRecord, nameOfRecord, readKept, writeKept } from './kept-record.js';
import { requireOwn, targetOf } from './linked-directory.js';
import { asideName, clearPlace, moveAside, nameBegun, placesOf, unitOfAside } from './put-aside.js';
import { goingName, isMissing, isThere, markGoing, nameBefore, namesIn } from './kept-place.js';
import { removeTree } from './remove-tree.js';

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

/** The needs of looking after the directories. */
interface Housing {
  readonly log: Log;
  /** Now, as ages are counted. */
  readonly moment: () => Moment;
  /** True when the agent ends: nothing more is begun. */
  readonly isOver: () => boolean;
}

/** The directories of removed units under `removed/`, and the note on each under `kept/`: what is there, and how it changes. */
export class KeptDirectories {
  readonly #root: string;
  readonly #units: string;
  readonly #removed: string;
  readonly #notes: string;
  readonly #log: Log;
  readonly #moment: () => Moment;
  readonly #isOver: () => boolean;
  readonly #records = new Map<string, KeptRecord>();
  /** The kept directories that are elsewhere, and cannot be reached there for now. */
  readonly #away = new Set<string>();

  constructor({ root, units }: Pick<DataDirectory, 'root' | 'units'>, { log, moment, isOver }: Housing) {
    this.#root = root;
    this.#units = units;
    this.#removed = join(root, 'removed');
    this.#notes = join(root, 'kept');
    this.#log = log;
    this.#moment = moment;
    this.#isOver = isOver;
  }

  /** The notes by the names of the directories, as they were read or changed last. */
  get records(): ReadonlyMap<string, KeptRecord> {
    return this.#records;
  }

  /** True if it is on a disk that is not mounted now. */
  isAway(name: string): boolean {
    return this.#away.has(name);
  }

  placeOf(name: string, record: KeptRecord): string {
    return record.place ?? join(this.#removed, name);
  }

  /** Notes another age. */
  async setAge(name: string, record: KeptRecord, age: KeptRecord['age']): Promise<void> {
    this.#records.set(name, { ...record, age });
    await writeKept(this.#notes, name, { ...record, age });
  }

  /**
   * Reads what is there: by now somebody may have taken it, or a release that kept no records put it there.
   * @throws what keeps the directories from being listed
   */
  async read(): Promise<void> {
    const files = await namesIn(this.#notes);
    const named = new Set(files.flatMap((file) => nameOfRecord(file) ?? []));
    const aside = await namesIn(this.#removed);
    for (const name of this.#records.keys()) if (!named.has(name)) this.#records.delete(name);
    for (const name of named)
      try {
        if (!(await this.#readOne(name))) named.delete(name);
      } catch (error) {
        // It counts as it was known before.
        this.#log.warning('the note on a removed unit cannot be read', {
          path: join(this.#notes, name),
          error,
        });
      }
    for (const name of new Set(aside.map(nameBefore)))
      if (!named.has(name) && !this.#isOver()) await this.#adopt(name);
  }

  /** @returns why it is still there */
  async remove(name: string, record: KeptRecord): Promise<string | undefined> {
    const place = this.placeOf(name, record);
    if (this.#away.has(name)) return 'it is not there: its disk may not be mounted';
    try {
      if (record.place !== undefined && record.going !== true)
        await requireOwn(place, this.#root, this.#units);
      // First it is marked: what is half removed must not be taken for a unit's data.
      const going = { ...record, going: true };
      await betweenFaults('kept.mark', () => markGoing(place, () => writeKept(this.#notes, name, going)));
      this.#records.set(name, going);
      const isGone = await betweenFaults(
        'kept.remove',
        async () =>
          (await removeTree(goingName(place), () => !this.#isOver())) &&
          (await removeTree(place, () => !this.#isOver())),
      );
      if (!isGone) return 'the agent ended meanwhile; the next one goes on';
      await clearPlace(this.#removed, this.#units, name, place);
      await betweenFaults('kept.forget', () => forgetKept(this.#notes, name));
      this.#records.delete(name);
      return undefined;
    } catch (error) {
      this.#log.warning('the kept directory of a removed unit cannot be removed; the agent tries again', {
        unit: record.unit,
        path: place,
        error,
      });
      return wordsOf(error);
    }
  }

  /** @returns false where the note says nothing, and is gone: the directory is to be noted anew */
  async #readOne(name: string): Promise<boolean> {
    const record = await readKept(this.#notes, name);
    if (record === undefined) {
      if (!this.#isOver()) await forgetKept(this.#notes, name);
      this.#records.delete(name);
      return false;
    }
    const place = this.placeOf(name, record);
    const isHalf = await isThere(goingName(place));
    const isHere = isHalf || (await isThere(place));
    this.#away.delete(name);
    if (isHere) this.#records.set(name, isHalf ? { ...record, going: true } : record);
    else if (record.place !== undefined && (await isMissing(this.#removed, name, place))) {
      this.#away.add(name);
      this.#records.set(name, record);
    } else if (!this.#isOver()) {
      await clearPlace(this.#removed, this.#units, name, place);
      await forgetKept(this.#notes, name);
      this.#records.delete(name);
    }
    return true;
  }

  /** Nobody said for how long it is to be kept: an operator removes it. Without room for a note it is known all the same. */
  async #adopt(name: string): Promise<void> {
    const found = unitOfAside(name);
    if (found === undefined) return;
    const half = goingName(join(this.#removed, name));
    const going = await isThere(half);
    const bytes = await bytesUnder(going ? half : join(this.#removed, name));
    const age = { ...this.#moment(), aged: 0 };
    const record: KeptRecord = { ...found, bytes, forGood: true, age, ...(going && { going }) };
    try {
      // Somebody who puts it aside in this moment knows more, and writes over it.
      await betweenFaults('kept.adopt', async () => {
        await mkdir(this.#notes, { recursive: true, mode: 0o700 });
        const file = await open(join(this.#notes, `${name}.json`), 'wx', 0o600);
        await file.writeFile(JSON.stringify(record)).finally(() => file.close());
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      this.#log.warning('the kept directory of a removed unit cannot be noted', { unit: found.unit, error });
    }
    this.#records.set(name, record);
  }

  /** Puts a unit's directory aside. May be done again after an interruption. @returns undefined where there is none */
  async putAside(
    from: string,
    { unit, incarnation, at, forGood }: LeavingUnit,
  ): Promise<readonly [name: string, record: KeptRecord] | undefined> {
    const name = (await nameBegun(from, unit, incarnation)) ?? asideName(unit, incarnation, at);
    await mkdir(this.#notes, { recursive: true, mode: 0o700 });
    const place = await betweenFaults('kept.move', () => moveAside(this.#removed, from, name));
    if (place === undefined) return undefined;
    const record: KeptRecord = {
      unit,
      incarnation,
      removedAt: new Date(at).toISOString(),
      bytes: await bytesUnder(place),
      forGood,
      ...(place !== join(this.#removed, name) && { place }),
      age: { ...this.#moment(), aged: 0 },
    };
    await betweenFaults('kept.record', () => writeKept(this.#notes, name, record));
    this.#records.set(name, record);
    return [name, record];
  }

  /** Removes a unit's directory, also where putting it aside had begun. May be done again after an interruption. */
  async discard(from: string, { unit, incarnation, at }: LeavingUnit): Promise<void> {
    const name = asideName(unit, incarnation, at);
    const places = placesOf(this.#removed, from, name);
    for (const place of [...places, from]) {
      const target = await targetOf(place);
      if (target === undefined) continue;
      await requireOwn(target, this.#root, this.#units, from);
      await removeTree(target);
    }
    for (const place of places) await removeTree(place);
    await forgetKept(this.#notes, name);
    this.#records.delete(name);
    await removeTree(from);
  }
}
