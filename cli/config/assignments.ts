import type { ConfigOptions } from '../../state/formula/config-options.js';
import { parseConfigValue } from '../../state/formula/config-values.js';
import { ConfigValueInvalid } from '../../state/formula/errors.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';
import { readInput } from './config-file.js';

/** `key=value` as it was typed. */
export interface Assignment {
  readonly key: string;
  readonly text: string;
}

/** Splits `key=value` at the first `=`; undefined where there is none, or no key before it. */
export function parseAssignment(pair: string): Assignment | undefined {
  const equals = pair.indexOf('=');
  return equals < 1 ? undefined : { key: pair.slice(0, equals), text: pair.slice(equals + 1) };
}

/**
 * The values that assignments mean to a formula's options; `key=@file` takes the file's text as it is.
 * @throws ConfigOptionUnknown, ConfigValueInvalid, FileUnreadable
 */
export async function valuesOf(
  assignments: readonly Assignment[],
  options: ConfigOptions,
): Promise<ConfigValues> {
  const values: Record<string, ConfigValues[string]> = {};
  for (const { key, text } of assignments) {
    values[key] = parseConfigValue(options, key, text.startsWith('@') ? await fileText(key, text) : text);
  }
  return values;
}

async function fileText(key: string, text: string): Promise<string> {
  const file = text.slice(1);
  const bytes = await readInput(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigValueInvalid({ option: key, reason: `cannot take ${file}: it is not UTF-8 text` });
  }
}
