import type { ConfigOption, ConfigOptions } from './config-options.js';
import { type ConfigType, type ConfigValue, fits, misfit, mustBe } from './config-types.js';
import { ConfigOptionUnknown, ConfigValueInvalid } from './errors.js';

/**
 * The value that `text` of `key=value` means to the option. Numbers are decimal; booleans are `true` or `false`.
 * @throws ConfigOptionUnknown, ConfigValueInvalid
 */
export function parseConfigValue(options: ConfigOptions, name: string, text: string): ConfigValue {
  const { type } = findOption(options, name);
  const value = readValue(type, text);
  if (value === undefined) throw new ConfigValueInvalid({ option: name, reason: mustBe(type, text) });
  return value;
}

/** A value read from YAML or JSON, once it is known to fit its option. @throws ConfigOptionUnknown, ConfigValueInvalid */
export function checkConfigValue(options: ConfigOptions, name: string, value: unknown): ConfigValue {
  const { type } = findOption(options, name);
  if (fits(type, value)) return value;
  throw new ConfigValueInvalid({ option: name, reason: mustBe(type, value) });
}

/**
 * The config as a unit sees it: the defaults of the formula *it* runs, overlaid by what operators set. While an
 * upgrade is under way, units on either revision read the same set values. So values that their own formula does not
 * know, or knows as another type, are left out: their hooks cannot expect them.
 */
export function effectiveConfig(
  options: ConfigOptions,
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, ConfigValue>> {
  const effective: Record<string, ConfigValue> = {};
  for (const [name, option] of Object.entries(options)) {
    const set = Object.hasOwn(values, name) ? values[name] : undefined;
    if (fits(option.type, set)) effective[name] = set;
    else if (option.default !== undefined) effective[name] = option.default;
  }
  return effective;
}

/** A value set by an operator that a formula does not use. */
export interface UnusedValue {
  readonly option: string;
  /** In words that follow the option's name. */
  readonly reason: string;
}

/** The set values that units of these options do not see: see `effectiveConfig`. */
export function unusedValues(
  options: ConfigOptions,
  values: Readonly<Record<string, unknown>>,
): readonly UnusedValue[] {
  return Object.entries(values).flatMap(([option, value]) => {
    if (!Object.hasOwn(options, option)) return [{ option, reason: 'is not an option of it' }];
    const reason = misfit(options[option]?.type ?? 'string', value);
    return reason === undefined ? [] : [{ option, reason }];
  });
}

function findOption(options: ConfigOptions, name: string): ConfigOption {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) throw new ConfigOptionUnknown({ option: name, known: Object.keys(options) });
  return option;
}

function readValue(type: ConfigType, text: string): ConfigValue | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'int':
      return /^[+-]?[0-9]+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
    case 'float':
      return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(text) && Number.isFinite(Number(text))
        ? Number(text)
        : undefined;
    case 'boolean':
      return /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined;
  }
}
