import * as values from '../arguments/values.js';
import type { OptionDefinition } from './definition.js';

/** The options of a command that follows the units it asked something of. */
export const following: readonly OptionDefinition[] = [
  { flags: '--no-wait', description: 'return at once instead of following the units' },
  {
    flags: '--timeout <time>',
    description: 'stop following after this time, such as 30s, 5m, 1h (the units go on)',
    parse: values.duration,
  },
];
