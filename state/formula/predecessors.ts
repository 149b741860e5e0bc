import type { Normalize, YamlNote } from '../yaml/yaml-file.js';
import { healthRuleKeys } from './health-rules.js';
import { upgradeRuleKeys } from './upgrade-rules.js';
import { closestName } from './suggestion.js';

/**
 * Formulas of the predecessors write these in another way, found in 78 public ones. Each has one meaning only, so it
 * is taken for that, and the author is told. The schema refuses anything else that does not fit.
 */

type Fields = Record<string, unknown>;

const typeNames: Readonly<Record<string, string>> = {
  str: 'string',
  text: 'string',
  integer: 'int',
  bool: 'boolean',
};

const relationSections = ['provides', 'requires', 'peers'];
const relationKeys = ['interface', 'optional', 'limit', 'scope'];
const metadataKeys = [
  'name',
  'revision',
  'summary',
  'description',
  'maintainer',
  'subordinate',
  'hooks',
  'release',
  'upgrade',
  ...relationSections,
];
const releaseKeys = ['line', 'prerelease', 'urgent', 'ensemble'];
/** Keys of the predecessors' that are near one of ours and mean something else. */
const othersKeys = ['maintainers', 'format', 'tags', 'series', 'names'];
const optionKeys = ['type', 'default', 'description', 'secret'];

/** `metadata.yaml`: a maintainer as a map or list, YAML 1.1's booleans; and keys that are nearly one of ours. */
export const normalizeMetadata: Normalize = (value) => {
  if (!isFields(value)) return { value, notes: [] };
  const notes: YamlNote[] = misspelt(value, metadataKeys, []);
  const next: Fields = { ...value };
  if (next.maintainer !== undefined && typeof next.maintainer !== 'string') {
    const text = people(next.maintainer);
    if (text !== undefined) {
      next.maintainer = text;
      notes.push({ path: ['maintainer'], reason: `is taken for the text ${JSON.stringify(text)}` });
    }
  }
  readBoolean(next, 'subordinate', [], notes);
  if (isFields(next.health)) notes.push(...misspelt(next.health, healthRuleKeys, ['health']));
  if (isFields(next.upgrade)) notes.push(...misspelt(next.upgrade, upgradeRuleKeys, ['upgrade']));
  if (isFields(next.release)) {
    notes.push(...misspelt(next.release, releaseKeys, ['release']));
    const release = { ...next.release };
    readBoolean(release, 'prerelease', ['release'], notes);
    next.release = release;
  }
  for (const section of relationSections) {
    const relations = next[section];
    if (!isFields(relations)) continue;
    next[section] = mapFields(relations, (relation, name) => {
      if (!isFields(relation)) return relation;
      const path = [section, name];
      notes.push(...misspelt(relation, relationKeys, path));
      const read = { ...relation };
      readBoolean(read, 'optional', path, notes);
      return read;
    });
  }
  return { value: next, notes };
};

/** `config.yaml`: options without a type, or whose type or default is written in another way. */
export const normalizeConfig: Normalize = (value, textAt) => {
  if (!isFields(value)) return { value, notes: [] };
  const notes: YamlNote[] = misspelt(value, ['options'], []);
  if (!isFields(value.options)) return { value, notes };
  const options = mapFields(value.options, (option, name) => {
    if (!isFields(option)) return option;
    const path = ['options', name];
    notes.push(...misspelt(option, optionKeys, path));
    const next = { ...option };
    readType(next, path, notes);
    readSecret(next, path, notes);
    readDefault(next, [...path, 'default'], textAt, notes);
    return next;
  });
  return { value: { ...value, options }, notes };
};

function readType(option: Fields, path: readonly string[], notes: YamlNote[]): void {
  const { type } = option;
  if (type === undefined || type === null) {
    option.type = typeOf(option.default);
    notes.push({ path, reason: `has no type and is taken for type: ${option.type}` });
  } else if (typeof type === 'string' && Object.hasOwn(typeNames, type)) {
    option.type = typeNames[type];
    notes.push({ path: [...path, 'type'], reason: `is taken for ${option.type}` });
  }
}

/** A value that is neither word may be meant as a secret: better hide too much than too little. */
function readSecret(option: Fields, path: readonly string[], notes: YamlNote[]): void {
  readBoolean(option, 'secret', path, notes);
  const { secret } = option;
  if (secret === undefined || typeof secret === 'boolean') return;
  option.secret = true;
  notes.push({ path: [...path, 'secret'], reason: 'must be true or false, and is taken for true' });
}

function typeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return 'string';
}

/** A default of another kind than the type says, where its text can be read as that type. */
function readDefault(
  option: Fields,
  path: readonly string[],
  textAt: (path: readonly PropertyKey[]) => string | undefined,
  notes: YamlNote[],
): void {
  const { type, default: value } = option;
  if (type === 'boolean') {
    readBoolean(option, 'default', path.slice(0, -1), notes);
  } else if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    // As it is written: 1.10 is a version, and not the number 1.1.
    option.default = textAt(path) ?? String(value);
    notes.push({ path, reason: `is taken for the text ${JSON.stringify(option.default)}` });
  } else if ((type === 'int' || type === 'float') && typeof value === 'string') {
    const number = Number(value);
    if (value.trim() === '' || !Number.isFinite(number)) return;
    option.default = number;
    notes.push({ path, reason: `is taken for the number ${number}` });
  }
}

/** YAML 1.1 has more words for true and false than YAML 1.2, which is read here. */
function readBoolean(fields: Fields, key: string, path: readonly string[], notes: YamlNote[]): void {
  const value = fields[key];
  if (typeof value !== 'string' || !/^(y|yes|on|true|n|no|off|false)$/i.test(value)) return;
  fields[key] = /^(y|yes|on|true)$/i.test(value);
  notes.push({ path: [...path, key], reason: `is taken for ${fields[key]}` });
}

/** `{name: …, email: …}`, or a list of people, as one text. */
function people(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const each = value.map(people);
    return each.every((person) => person !== undefined) ? each.join(', ') : undefined;
  }
  if (!isFields(value)) return undefined;
  const { name, email } = value;
  const parts = [name, typeof email === 'string' ? `<${email}>` : undefined];
  return parts.filter((part) => typeof part === 'string').join(' ') || undefined;
}

function misspelt(fields: Fields, known: readonly string[], path: readonly string[]): YamlNote[] {
  return Object.keys(fields).flatMap((key) => {
    if (known.includes(key) || othersKeys.includes(key)) return [];
    const meant = closestName(key, known);
    // A key that is there too is not the one that was misspelt.
    if (meant === undefined || Object.hasOwn(fields, meant)) return [];
    return [{ path: [...path, key], reason: `is no key that is known; is it meant to be ${meant}?` }];
  });
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapFields(fields: Fields, map: (value: unknown, key: string) => unknown): Fields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, map(value, key)]));
}
