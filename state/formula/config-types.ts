import { describeValue } from '../yaml/explain-issue.js';

/** The types that a formula may give an option. */
export type ConfigType = 'string' | 'int' | 'float' | 'boolean';

/** An option's value. */
export type ConfigValue = string | number | boolean;

const expected: Readonly<Record<ConfigType, string>> = {
  string: 'text (in YAML, put it in quotes)',
  int: 'a whole number',
  float: 'a number',
  boolean: 'true or false',
};

/** Why a value that does not fit the type does not, in words that follow the option's name. */
export function mustBe(type: ConfigType, value: unknown): string {
  return `must be ${expected[type]}, not ${describeValue(value)}`;
}

/** The same of any value; undefined when it fits. */
export function misfit(type: ConfigType, value: unknown): string | undefined {
  return fits(type, value) ? undefined : mustBe(type, value);
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
