import { isDeepStrictEqual } from 'node:util';
import type { ConfigOption, ConfigOptions } from './config-options.js';
import { hookIn } from './hook-names.js';
import { type Manifest, type ManifestEntry, sameEntry } from './manifest.js';
import type { Metadata, RelationSpec } from './metadata.js';
import { type RelationRole, relationRoles } from './relation-roles.js';

/** The parts of a formula that can be compared without having its directory. */
export interface FormulaContents {
  readonly manifest: Manifest;
  readonly metadata: Metadata;
  readonly config: ConfigOptions;
}

/** Names, sorted. */
export interface NameChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

interface Named<Value> {
  readonly name: string;
  readonly value: Value;
}

/** One field of a relation or an option that is no longer what it was; undefined where it is not there. */
export interface FieldChange {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface ValueChanges<Value> {
  readonly added: readonly Named<Value>[];
  readonly removed: readonly Named<Value>[];
  readonly changed: readonly { readonly name: string; readonly fields: readonly FieldChange[] }[];
}

/** A relation with the role it has, which may change too. */
type RelationWithRole = RelationSpec & { readonly role: RelationRole };

/** The changes that an upgrade from one revision to another makes. */
export interface FormulaChanges {
  /** Files and links anywhere in the formula, hooks too. */
  readonly files: NameChanges;
  /** Names of the files directly in `hooks/`. */
  readonly hooks: NameChanges;
  readonly relations: ValueChanges<RelationWithRole>;
  readonly options: ValueChanges<ConfigOption>;
}

/** Compares two revisions of a formula; pure. */
export function formulaChanges(from: FormulaContents, to: FormulaContents): FormulaChanges {
  return {
    files: nameChanges(filesByName(from.manifest, fileName), filesByName(to.manifest, fileName)),
    hooks: nameChanges(filesByName(from.manifest, hookIn), filesByName(to.manifest, hookIn)),
    relations: valueChanges(relationsByName(from.metadata), relationsByName(to.metadata)),
    options: valueChanges(new Map(Object.entries(from.config)), new Map(Object.entries(to.config))),
  };
}

function fileName(path: string): string | undefined {
  return path;
}

function filesByName(
  manifest: Manifest,
  nameOf: (path: string) => string | undefined,
): ReadonlyMap<string, ManifestEntry> {
  const files = new Map<string, ManifestEntry>();
  for (const entry of manifest) {
    const name = entry.kind === 'directory' ? undefined : nameOf(entry.path);
    if (name !== undefined) files.set(name, entry);
  }
  return files;
}

function nameChanges(
  from: ReadonlyMap<string, ManifestEntry>,
  to: ReadonlyMap<string, ManifestEntry>,
): NameChanges {
  return {
    added: missing(to, from),
    removed: missing(from, to),
    changed: [...from]
      .filter(([name, entry]) => to.has(name) && !sameEntry(entry, to.get(name)))
      .map(([name]) => name),
  };
}

function relationsByName(metadata: Metadata): ReadonlyMap<string, RelationWithRole> {
  const relations = new Map<string, RelationWithRole>();
  for (const role of relationRoles)
    for (const [name, relation] of Object.entries(metadata[role])) relations.set(name, { ...relation, role });
  return relations;
}

function valueChanges<Value extends object>(
  from: ReadonlyMap<string, Value>,
  to: ReadonlyMap<string, Value>,
): ValueChanges<Value> {
  const named = (names: readonly string[], map: ReadonlyMap<string, Value>): Named<Value>[] =>
    names.flatMap((name) => {
      const value = map.get(name);
      return value === undefined ? [] : [{ name, value }];
    });
  const changed = [...from.keys()].sort().flatMap((name) => {
    const [before, after] = [from.get(name), to.get(name)];
    const fields = before === undefined || after === undefined ? [] : fieldChanges(before, after);
    return fields.length === 0 ? [] : [{ name, fields }];
  });
  return { added: named(missing(to, from), to), removed: named(missing(from, to), from), changed };
}

function fieldChanges(from: object, to: object): FieldChange[] {
  const before = new Map<string, unknown>(Object.entries(from));
  const after = new Map<string, unknown>(Object.entries(to));
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((field) => !isDeepStrictEqual(before.get(field), after.get(field)))
    .map((field) => ({ field, from: before.get(field), to: after.get(field) }));
}

function missing(of: ReadonlyMap<string, unknown>, within: ReadonlyMap<string, unknown>): string[] {
  return [...of.keys()].filter((name) => !within.has(name)).sort();
}
