import { isAlias, isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { isTooDeep } from '../../state/yaml/yaml-depth.js';
import { SettingsFileUnusable } from '../context/errors.js';
import { isSettingsKey, KEY_RULE, type SettingsChange } from '../context/relation.js';

/**
 * Reads a map of settings from YAML, and so from JSON. Values are text as they are written: `1.10` stays `1.10`.
 * Null and empty ones delete, as on the command line.
 *
 * @param file what problems call it
 * @throws SettingsFileUnusable
 */
export function parseSettings(text: string, file: string): SettingsChange {
  if (isTooDeep(text)) throw new SettingsFileUnusable({ file, reason: 'is nested too deeply' });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const fail = (offset: number | undefined, reason: string): SettingsFileUnusable =>
    new SettingsFileUnusable({
      file: `${file} line ${Math.max(1, lines.linePos(offset ?? 0).line)}`,
      reason,
    });
  const [error] = document.errors;
  if (error) throw fail(error.pos[0], `is not YAML or JSON: ${error.message.split('\n')[0]}`);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return {};
  if (!isMap(contents)) throw fail(contents.range?.[0], 'is no map of keys and values');

  return Object.fromEntries(
    (contents.items as Pair<Node | null, Node | null>[]).map(({ key, value }) => {
      const name = textOf(key);
      if (!name || !isSettingsKey(name))
        throw fail(key?.range?.[0], `has the key "${name ?? ''}", ${KEY_RULE}`);
      const target = isAlias(value) ? value.resolve(document) : value;
      if (isAlias(value) && !target) throw fail(value.range?.[0], `has an alias of nothing for "${name}"`);
      const setting = target ? textOf(target) : null;
      if (setting === undefined)
        throw fail(value?.range?.[0], `has a list or a map for "${name}"; settings are single values`);
      return [name, setting === '' ? null : setting];
    }),
  );
}

/** A scalar as it was written; null for one that is null, undefined for what is none. */
function textOf(node: unknown): string | null | undefined {
  if (!isScalar(node)) return undefined;
  if (node.value === null) return null;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}
