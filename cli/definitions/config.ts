import * as values from '../arguments/values.js';
import { type CommandDefinition, format, list, service, text } from './definition.js';
import { following } from './following.js';

/** The commands about a service’s config. */
export const configCommands: readonly CommandDefinition[] = [
  {
    name: 'get',
    summary: 'show a service’s config',
    arguments: [service],
    options: [
      { flags: '-s, --schema', description: 'only which options there are, without their values' },
      format,
    ],
    examples: ['ensemble get guestbook', 'ensemble get --format json guestbook'],
    run: async ([name], options, invocation) =>
      (await import('../commands/get.js')).get(text(name), options, invocation),
  },
  {
    name: 'set',
    summary: 'change a service’s config',
    details:
      'key=value sets an option; key=@file sets it to the file’s content; key= sets an option of type string to the\n' +
      'empty text. A value that begins with @ comes by --config. Either all values are set or none. Follows the units until\n' +
      'each has run config-changed for it. A unit whose config-changed or start failed tries again with another value.',
    arguments: [
      service,
      { name: '[key=value...]', description: 'the values', parse: values.collected, completes: 'settings' },
    ],
    options: [
      { flags: '--config <file>', description: 'a YAML file of config values', completes: 'files' },
      {
        flags: '--reset <key>',
        description: 'back to the formula’s default; may be given several times',
        parse: values.collected,
        completes: 'options',
      },
      {
        flags: '--undo',
        description: 'take back the last set; given again, it restores the values',
      },
      ...following,
      { ...format, description: 'how to print what came of it' },
    ],
    examples: [
      'ensemble set guestbook title="Our guests" greeting=@greeting.txt',
      'ensemble set --reset title guestbook',
      'ensemble set --undo guestbook',
    ],
    run: async ([name, pairs], options, invocation) =>
      (await import('../commands/set.js')).set(text(name), list(pairs), options, invocation),
  },
];
