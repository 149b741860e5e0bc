import { readFile } from 'node:fs/promises';
import type { ConfigOptions } from '../../state/formula/config-options.js';
import { checkConfigValue } from '../../state/formula/config-values.js';
import { ConfigOptionUnknown, ConfigValueInvalid } from '../../state/formula/errors.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';
import { parseYamlFile } from '../../state/yaml/yaml-file.js';
import * as z from '../../state/platform/zod.js';
import { ConfigFileInvalid, FileUnreadable } from '../output/errors.js';

const fileSchema = z.record(z.string(), z.unknown());

/**
 * Reads a YAML file of config values: `{key: value}`, or `{<service>: {key: value}}` as juju has it, of which other
 * services' entries are left alone.
 * @throws FileUnreadable, ConfigFileInvalid
 */
export async function readConfigFile(
  file: string,
  service: string,
  options: ConfigOptions,
): Promise<ConfigValues> {
  const parsed = parseYamlFile(await readInput(file), file, fileSchema);
  if ('problems' in parsed) {
    const [{ line, field, reason }] = parsed.problems;
    throw new ConfigFileInvalid({ file, line, field, reason });
  }
  const { value, lineOf } = parsed;
  const own = Object.hasOwn(options, service) ? undefined : fileSchema.safeParse(value[service]);
  const [prefix, entries] = own?.success ? [[service], own.data] : [[], value];
  const values: Record<string, ConfigValues[string]> = {};
  for (const [key, entry] of Object.entries(entries)) {
    try {
      values[key] = checkConfigValue(options, key, entry);
    } catch (error) {
      const line = lineOf([...prefix, key]);
      if (error instanceof ConfigOptionUnknown) {
        throw new ConfigFileInvalid({
          file,
          line,
          field: key,
          reason: 'the formula has no such option',
          next: error.next,
        });
      }
      if (error instanceof ConfigValueInvalid)
        throw new ConfigFileInvalid({ file, line, field: key, reason: error.reason });
      throw error;
    }
  }
  return values;
}

/** The bytes of a file that was named on the command line. @throws FileUnreadable */
export async function readInput(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'it does not exist',
      EACCES: 'permission denied',
      EISDIR: 'it is a directory',
    };
    throw new FileUnreadable({ file, reason: reasons[code ?? ''] ?? message }, { cause: error });
  }
}
