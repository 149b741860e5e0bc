import { type HistoryEntry, requestEntry } from '../../state/model/history-entry.js';
import type { Requester } from '../../state/model/requester.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';

type Value = ConfigValues[string];

/**
 * The change of one option by a `set`; absent: not set, so that the default holds. Of a secret it tells only that it
 * changed.
 */
export type ConfigChange = { readonly from?: Value; readonly to?: Value } | { readonly secret: true };

/** By option. */
export type ConfigChanges = Readonly<Record<string, ConfigChange>>;

/** Tells if an option's value is a secret. */
export type IsSecret = (option: string) => boolean;

/** Characters of a value that are kept on record. */
const MOST_VALUE = 60;

/** Options whose values are kept on record; of more, the names. */
const MOST_OPTIONS = 10;

/** The options that change; secrets are set aside. */
export function changesOf(
  before: ConfigValues,
  after: ConfigValues,
  options: readonly string[],
  isSecret: IsSecret,
): ConfigChanges {
  return Object.fromEntries(
    options.map((option): [string, ConfigChange] => {
      if (isSecret(option)) return [option, { secret: true }];
      const [from, to] = [own(before, option), own(after, option)];
      return [option, { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
    }),
  );
}

/** The options' values that are set, by their names alone; null where one is not. */
export function valuesOf(config: ConfigValues, options: readonly string[]): Record<string, Value | null> {
  return Object.fromEntries(options.map((option) => [option, own(config, option) ?? null]));
}

/** The entry of a `set` on its service's record: its old and new values, cut, and never a secret. */
export function setEntry(requester: Requester, changes: ConfigChanges, undoes: boolean): HistoryEntry {
  const kept = Object.fromEntries(
    Object.entries(changes)
      .slice(0, MOST_OPTIONS)
      .map(([option, change]) => [option, shortened(change)]),
  );
  const others = Object.keys(changes).slice(MOST_OPTIONS);
  const said = [...Object.entries(kept).map(changeText), ...others].join(', ');
  return requestEntry(requester, {
    what: 'set',
    message: undoes ? `undo: ${said}` : said,
    details: { changes: kept, ...(others.length > 0 && { alsoChanged: others }) },
  });
}

/** One change in words: `title: "Guests" → "Visitors"`. */
export function changeText([option, change]: readonly [string, ConfigChange]): string {
  if ('secret' in change) return `${option}: (secret)`;
  return `${option}: ${valueText(change.from)} → ${valueText(change.to)}`;
}

function valueText(value: Value | undefined): string {
  return value === undefined ? '(default)' : JSON.stringify(value);
}

function shortened(change: ConfigChange): ConfigChange {
  return Object.fromEntries(
    Object.entries(change).map(([side, value]) => [
      side,
      typeof value === 'string' && value.length > MOST_VALUE ? `${value.slice(0, MOST_VALUE)}…` : value,
    ]),
  );
}

function own(config: ConfigValues, option: string): Value | undefined {
  return Object.hasOwn(config, option) ? config[option] : undefined;
}
