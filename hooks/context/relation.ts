/** A relation that the unit is in, as its hooks see it. (A type, so that it counts as plain JSON.) */
export type RelationInfo = {
  /** e.g. `db:4` */
  readonly id: string;
  /** The unit's own end, which begins its hooks' names: `db`. */
  readonly name: string;
  readonly role: 'provides' | 'requires' | 'peer';
  readonly interface: string;
  /** The service on the other side; the unit's own for peers. */
  readonly service: string;
};

/** The relation that a relation hook is about. */
export interface HookRelation {
  readonly id: string;
  readonly name: string;
  /** The other units in it as of the event. */
  readonly members: readonly string[];
  /** Whom the event is about; nobody in `broken`. */
  readonly remoteUnit?: string;
  /** In `broken` nobody is there, nothing can be set, and only the unit's own settings can be read. */
  readonly broken: boolean;
}

export type RelationSettings = Readonly<Record<string, string>>;

/** The new values of a unit's settings in a relation, by key; null deletes. */
export type SettingsChange = Readonly<Record<string, string | null>>;

/** Changes of the unit's own settings, by the relation's id. */
export type RelationWrites = Readonly<Record<string, SettingsChange>>;

/** The settings after `change`; keys keep their places, new ones come last. */
export function applySettings(settings: RelationSettings, change: SettingsChange): Record<string, string> {
  const after = Object.entries({ ...settings, ...change });
  return Object.fromEntries(after.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Bytes that the keys and values of one hook may have. */
export const SETTINGS_LIMIT = 512 * 1024;

/**
 * Bytes that a unit's settings may take, as they are written, in all relations that one hook sets in: they go into one
 * transaction, and the coordinator takes 1,000,000 bytes at once, paths and all.
 */
export const WRITTEN_LIMIT = 900_000;

/** Bytes that a transaction needs for one relation besides its settings: its path. */
const BESIDES = 300;

/** Bytes that these settings take when they are written. */
export function writtenSize(settings: RelationSettings): number {
  return Buffer.byteLength(JSON.stringify(settings)) + BESIDES;
}

/** True for a usable settings key: hooks write it as a word of the shell, before an `=`. */
export function isSettingsKey(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/.test(text);
}

/** The rule for keys, as words that follow a wrong one. */
export const KEY_RULE = 'which is no key: a letter or digit, then letters, digits, "_", "." and "-"';

/** True if it is written as a unit's name, e.g. `my-sql/0`; such a name is also safe as part of a path. */
export function isUnitName(text: string): boolean {
  return /^[a-z][a-z0-9-]{0,254}\/(0|[1-9]\d{0,9})$/.test(text);
}
