import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import { damageBefore } from '../../state/platform/lmdb-damage.js';
import { lmdbCause, systemCodeOf } from '../../state/platform/lmdb-error.js';
import { makePrivateDirectory } from '../../state/platform/make-directory.js';
import type * as z from '../../state/platform/zod.js';
import { JournalDamaged, JournalTooNew, JournalUnreadable } from '../contract/errors.js';
import { RECORD_VERSION, recordSchema, type UnitRecord } from './record.js';
import { type RelationRecord, relationRecordSchema } from './relation-record.js';

/** Everything the journal holds. */
export interface Journalled {
  readonly units: readonly UnitRecord[];
  readonly relations: readonly RelationRecord[];
  /** One for each unit of which a record cannot be read; nothing else of that unit is given. */
  readonly damaged: readonly JournalDamaged[];
}

/**
 * The agent's journal: a record per unit and one per unit and relation, in an lmdb store, so that the writes of many
 * units at the same time share one fsync.
 */
export interface Journal {
  /** Everything there is. @throws JournalUnreadable, JournalTooNew */
  load(): Journalled;
  /**
   * Resolves when the records are on disk for good, both or neither. Writes of one unit keep their order.
   */
  write(unit: UnitRecord, relation?: RelationRecord): Promise<void>;
  removeRelation(unit: string, relation: string): Promise<void>;
  /** Forgets a unit that is gone, and its relations. */
  remove(unit: string): Promise<void>;
  close(): Promise<void>;
}

/** The mode of its files, which lmdb takes but does not declare. */
const PRIVATE = { permissionsMode: 0o600 };

/** Opens the journal in `directory`, making it where there is none. @throws JournalUnreadable */
export function openJournal(directory: string): Journal {
  const { store, units, relations } = legibly(directory, () => {
    makePrivateDirectory(directory, ['data.mdb', 'lock.mdb']);
    assertWhole(directory);
    const store = open<string, string>({ path: directory, encoding: 'string', maxDbs: 4, ...PRIVATE });
    const part = (name: string) => store.openDB<string, string>({ name, encoding: 'string' });
    return { store, units: part('units'), relations: part('relations') };
  });
  const relationKey = (unit: string, relation: string): string => `${unit} ${relation}`;

  /** True if the last commit failed. The store then waits for it as it closes, for as long as no other one succeeds. */
  let hasFailed = false;

  /** Its promise is the only one that a failed commit rejects, so nothing of it goes unheard here. */
  async function change(apply: () => void): Promise<void> {
    try {
      await store.transaction(apply);
      await store.flushed;
      hasFailed = false;
    } catch (error) {
      hasFailed = true;
      throw await explained(directory, error);
    }
  }

  return {
    load() {
      const damaged = new Map<string, JournalDamaged>();
      const records = readAll(directory, units, recordSchema, damaged);
      const joined = readAll(directory, relations, relationRecordSchema, damaged);
      const isSound = ({ unit }: { readonly unit: string }): boolean => !damaged.has(unit);
      return {
        units: records.filter(isSound),
        relations: joined.filter(isSound),
        damaged: [...damaged.values()],
      };
    },
    write: (unit, relation) =>
      change(() => {
        units.putSync(unit.unit, JSON.stringify(unit));
        if (relation === undefined) return;
        relations.putSync(relationKey(relation.unit, relation.relation), JSON.stringify(relation));
      }),
    removeRelation: (unit, relation) => change(() => relations.removeSync(relationKey(unit, relation))),
    remove: (unit) =>
      change(() => {
        const [start, end] = [relationKey(unit, ''), relationKey(unit, '\uffff')];
        for (const key of Array.from(relations.getKeys({ start, end }))) relations.removeSync(key);
        units.removeSync(unit);
      }),
    async close() {
      const closed = store.close();
      if (!hasFailed) return closed;
      closed.catch(() => undefined);
    },
  };
}

/**
 * What the system refused, as an error that names it and the journal: lmdb tells numbers, and which of its pages it could
 * not write. Others stay as they are.
 */
async function explained(directory: string, error: unknown): Promise<unknown> {
  const cause = await lmdbCause(error);
  const code = systemCodeOf(cause, directory);
  if (code === undefined) return cause;
  return Object.assign(new Error(`${code}: the journal cannot be written`, { cause }), {
    code,
    syscall: 'write',
    path: directory,
  });
}

/** @param damaged gets the first damage of each unit */
function readAll<T extends { readonly unit: string }>(
  directory: string,
  records: Database<string, string>,
  schema: z.ZodMiniType<T>,
  damaged: Map<string, JournalDamaged>,
): readonly T[] {
  return legibly(directory, () => Array.from(records.getRange())).flatMap(({ key, value }) => {
    // The key of a relation's record begins with its unit.
    const unit = key.split(' ', 1)[0] ?? key;
    try {
      const record = parseRecord(directory, unit, value, schema);
      if (record.unit !== unit)
        throw new JournalDamaged({ journal: directory, unit, reason: `unit: it is of ${record.unit}` });
      return [record];
    } catch (error) {
      if (!(error instanceof JournalDamaged)) throw error;
      if (!damaged.has(unit)) damaged.set(unit, error);
      return [];
    }
  });
}

/** @throws JournalUnreadable where lmdb finds pages that are not what it wrote; other errors of the system as they are */
function legibly<T>(directory: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error && /^MDB_/.test(error.message))) throw error;
    throw new JournalUnreadable({ journal: directory, reason: error.message }, { cause: error });
  }
}

/** @throws JournalDamaged, JournalTooNew */
function parseRecord<T>(directory: string, unit: string, text: string, schema: z.ZodMiniType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new JournalDamaged({ journal: directory, unit, reason: 'it is no JSON' });
  }
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  if (typeof version === 'number' && version > RECORD_VERSION)
    throw new JournalTooNew({ journal: directory, version });
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new JournalDamaged({
    journal: directory,
    unit,
    reason: `${issue?.path.join('.')}: ${issue?.message}`,
  });
}

/** Checks that the store's file is one, and has all its pages where they belong. @throws JournalUnreadable */
function assertWhole(directory: string): void {
  let fault: string | undefined;
  try {
    const damage = damageBefore(join(directory, 'data.mdb'));
    // If only the list of free pages is wrong, the units go on until something is to be written.
    if (damage?.isReadable === false) fault = damage.reason;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    fault = (error as Error).message;
  }
  if (fault !== undefined) throw new JournalUnreadable({ journal: directory, reason: fault });
}
