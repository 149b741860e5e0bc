import { describeValue } from '../yaml/explain-issue.js';

/** What a formula may say that an option holds. */
export type ConfigType = 'string' | 'int' | 'float' | 'boolean';

export type ConfigValue = string | number | boolean;

/** By type, in words that follow `must be`. */
export const expected: Readonly<Record<ConfigType, string>> = {
  string: 'text (in YAML, put it in quotes)',
  int: 'a whole number',
  float: 'a number',
  boolean: 'true or false',
};

/** Why the value does not fit the type, in words that follow the option's name; undefined when it does. */
export function misfit(type: ConfigType, value: unknown): string | undefined {
  return fits(type, value) ? undefined : `must be ${expected[type]}, not ${describeValue(value)}`;
}

/** True for a value that an option of this type can have. Numbers are finite, whole ones exact. */
export function fits(type: ConfigType, value: unknown): value is ConfigValue {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'int':
      return Number.isSafeInteger(value);
    case 'float':
      return Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
  }
}
