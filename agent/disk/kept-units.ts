import type { Clock, Timer } from '../../state/platform/clock.js';
import type { KeptUnit } from '../../state/model/kept.js';
import type { Machine } from '../../state/model/machine-schemas.js';
import type { Log } from '../contract/log.js';
import type { DataDirectory } from './data-directory.js';
import { ageOf, markAgain, type Moment, untilSettled } from './kept-age.js';
import { KeptDirectories, type LeavingUnit } from './kept-directories.js';
import type { KeptRecord } from './kept-record.js';

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

/** The needs of keeping what removed units leave. */
interface Keeping {
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
  directory: Pick<DataDirectory, 'root' | 'units'>,
  { clock, log, boot, keepRemoved, told }: Keeping,
): KeptUnits {
  let timer: Timer | undefined;
  let over = false;
  /** One after the other: two that remove the same would be in each other's way. */
  let work: Promise<unknown> = Promise.resolve();

  const moment = (): Moment => ({ boot, monotonic: clock.monotonic(), now: clock.now() });
  const directories = new KeptDirectories(directory, { log, moment, isOver: () => over });

  /** Milliseconds until it goes; undefined where only an operator removes it. */
  function left({ age, forGood }: KeptRecord): number | undefined {
    return forGood ? undefined : Math.max(0, keepRemoved() - ageOf(age, moment()));
  }

  function describe(name: string, record: KeptRecord): KeptUnit {
    const { unit, incarnation, removedAt, bytes } = record;
    const ms = left(record);
    const until = ms === undefined ? {} : { until: new Date(clock.now() + ms).toISOString() };
    return { unit, incarnation, removedAt, bytes, ...until, directory: directories.placeOf(name, record) };
  }

  async function lookNow(): Promise<void> {
    try {
      await directories.read();
      for (const [name, record] of directories.records) {
        if (over) return;
        if (directories.isAway(name)) continue;
        const ms = left(record);
        if (record.going === true || ms === 0) {
          if (record.going !== true)
            log.info(
              `the kept directory of the removed unit has had its time, and goes: ${directories.placeOf(name, record)}`,
              {
                unit: record.unit,
              },
            );
          await directories.remove(name, record);
          continue;
        }
        const age = markAgain(record.age, moment());
        if (age !== record.age) await directories.setAge(name, record, age);
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
    const due = [...directories.records].flatMap(([name, record]) =>
      record.going === true || directories.isAway(name) ? [] : (left(record) ?? []),
    );
    const settling = [...directories.records.values()]
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
    async putAside(from, unit) {
      const kept = await directories.putAside(from, unit);
      if (kept === undefined) return undefined;
      told();
      again();
      return describe(...kept);
    },
    async discard(from, unit) {
      await directories.discard(from, unit);
      told();
    },
    prune: ({ unit, dryRun }) =>
      inTurn(async () => {
        if (over) return [];
        await directories.read();
        const meant = [...directories.records]
          .filter(([, record]) => unit === undefined || record.unit === unit)
          .sort(([, a], [, b]) => (a.removedAt < b.removedAt ? -1 : 1));
        const found: KeptUnit[] = [];
        for (const [name, record] of meant) {
          if (over) break;
          const reason = dryRun === true ? undefined : await directories.remove(name, record);
          found.push({ ...describe(name, record), ...(reason !== undefined && { reason }) });
        }
        if (dryRun !== true) told();
        return found;
      }),
    summary() {
      const kept = [...directories.records.values()];
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
