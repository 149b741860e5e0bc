import {
  HookRelationAmbiguous,
  HookRelationBroken,
  HookRelationUnknown,
  HookRelationUnitUnknown,
  HookSettingsTooLarge,
} from './errors.js';
import {
  applySettings,
  type HookRelation,
  type RelationInfo,
  type RelationSettings,
  type RelationWrites,
  type SettingsChange,
  SETTINGS_LIMIT,
  WRITTEN_LIMIT,
  writtenSize,
} from './relation.js';
import type { Json } from './snapshot.js';
import type { HookContextSource } from './source.js';

/** How the parts of a context read, once for good, and write, into its buffer. Both keep the context first. */
interface ContextAccess {
  read<T extends Json>(key: string, read: () => T | Promise<T>): Promise<T>;
  /** @param apply does the change and gives what undoes it, for where it cannot be kept */
  change(apply: () => () => void): Promise<void>;
}

/**
 * The relations of a unit as one of its hooks sees them: members and settings as they were first read, with what the
 * hook itself has set since. In the hook's own relation the members are those of its event.
 */
export class HookRelations {
  readonly #source: HookContextSource;
  readonly #access: ContextAccess;
  /** The changes, in order; one that could not be kept goes out again from wherever it stands. */
  #changes: readonly { readonly relation: string; readonly change: SettingsChange }[];
  /** The settings from before the hook, by the relation's id, for the relations in which the hook sets something. */
  readonly #before = new Map<string, RelationSettings>();

  /** @param own the relation the hook is about, in relation hooks */
  constructor(
    source: HookContextSource,
    access: ContextAccess,
    saved: RelationWrites,
    readonly own: HookRelation | undefined,
  ) {
    this.#source = source;
    this.#access = access;
    this.#changes = Object.entries(saved).map(([relation, change]) => ({ relation, change }));
  }

  /** All relations the unit is in; in `broken` not the one that is gone, in which nothing can be set. */
  async all(): Promise<readonly RelationInfo[]> {
    return (await this.#known()).filter(({ id }) => !this.#isBroken(id));
  }

  /**
   * The id of the relation that `text` names, e.g. `db:4`, or `db` where the unit is in one relation of that name.
   * @throws HookRelationUnknown, HookRelationAmbiguous
   */
  async find(text: string): Promise<string> {
    if (text === this.own?.id) return text;
    const all = await this.all();
    if (all.some(({ id }) => id === text)) return text;
    const [match, ...others] = all.filter(({ name }) => name === text).map(({ id }) => id);
    // The unit's own settings can still be read in a relation that is gone.
    if (match === undefined && this.own?.name === text) return this.own.id;
    if (match === undefined) {
      throw new HookRelationUnknown({ relation: text, known: all.map(({ id }) => id) });
    }
    if (others.length > 0)
      throw new HookRelationAmbiguous({ relationName: text, matching: [match, ...others] });
    return match;
  }

  /** The other units in a relation; nobody in the one that is broken. */
  members(relation: string): Promise<readonly string[]> {
    return this.#access.read(`relation/${relation}/members`, async () => {
      if (this.#isBroken(relation)) return [];
      const members = this.own?.id === relation ? this.own.members : await this.#source.members(relation);
      return [...members];
    });
  }

  /**
   * A unit's settings in a relation; for the hook's own unit, with the hook's own changes. A unit that is there, or
   * that the hook is about, may have set nothing; anything else must be known.
   * @throws HookRelationBroken, HookRelationUnitUnknown
   */
  async settings(relation: string, unit: string): Promise<RelationSettings> {
    const isOwn = unit === this.#source.unit;
    if (this.#isBroken(relation) && !isOwn)
      throw new HookRelationBroken({ relation, unit: this.#source.unit, wanted: 'read' });
    const read = await this.#access.read(`relation/${relation}/settings/${unit}`, async () => {
      const settings = await this.#source.settings(relation, unit);
      return settings === undefined ? null : { ...settings };
    });
    if (read === null && !isOwn && !(await this.#concerns(relation, unit)))
      throw new HookRelationUnitUnknown({ relation, unit, members: await this.members(relation) });
    return isOwn ? applySettings(read ?? {}, this.writes()[relation] ?? {}) : (read ?? {});
  }

  /**
   * Changes the unit's own settings in a relation when the hook succeeds.
   * @throws HookRelationBroken, HookSettingsTooLarge
   */
  async set(relation: string, change: SettingsChange): Promise<void> {
    if (this.#isBroken(relation))
      throw new HookRelationBroken({ relation, unit: this.#source.unit, wanted: 'set' });
    // A relation of an adopted hook was set in before this context stood.
    for (const each of new Set([relation, ...Object.keys(this.writes())]))
      if (!this.#before.has(each)) this.#before.set(each, await this.#source.written(each));
    await this.#access.change(() => {
      const added = { relation, change };
      const after = fold([...this.#changes, added]);
      const bytes = sizeOf(after);
      if (bytes > SETTINGS_LIMIT) throw new HookSettingsTooLarge({ bytes, limit: SETTINGS_LIMIT });
      this.#checkWritten(after, { [relation]: {}, ...this.writes() });
      this.#changes = [...this.#changes, added];
      return () => {
        this.#changes = this.#changes.filter((each) => each !== added);
      };
    });
  }

  /** The last word on each key. */
  writes(): RelationWrites {
    return fold(this.#changes);
  }

  #known(): Promise<readonly RelationInfo[]> {
    return this.#access.read('relations', () =>
      this.#source.relations().map((relation) => ({ ...relation })),
    );
  }

  /** True if the unit is in the relation as this hook sees it, or has just left it. */
  async #concerns(relation: string, unit: string): Promise<boolean> {
    if (this.own?.id === relation && this.own.remoteUnit === unit) return true;
    return (await this.members(relation)).includes(unit);
  }

  /**
   * The merged settings are judged at once: after the hook nobody could make them smaller. What makes them smaller is let
   * through, also where they are too large already.
   * @throws HookSettingsTooLarge
   */
  #checkWritten(after: RelationWrites, before: RelationWrites): void {
    const bytes = this.#writtenSize(after);
    if (bytes > WRITTEN_LIMIT && bytes > this.#writtenSize(before))
      throw new HookSettingsTooLarge({
        bytes,
        limit: WRITTEN_LIMIT,
        together: 'with what it had set before',
      });
  }

  #writtenSize(writes: RelationWrites): number {
    const sizes = Object.entries(writes).map(([relation, change]) =>
      writtenSize(applySettings(this.#before.get(relation) ?? {}, change)),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  #isBroken(relation: string): boolean {
    return this.own?.id === relation && this.own.broken;
  }
}

function fold(
  changes: readonly { readonly relation: string; readonly change: SettingsChange }[],
): Record<string, SettingsChange> {
  const folded: Record<string, SettingsChange> = {};
  for (const { relation, change } of changes) folded[relation] = { ...folded[relation], ...change };
  return folded;
}

function sizeOf(writes: RelationWrites): number {
  const words = Object.values(writes).flatMap((change) => Object.entries(change).flat());
  return words.reduce<number>((sum, word) => sum + Buffer.byteLength(word ?? ''), 0);
}
