import * as values from '../arguments/values.js';
import { type CommandDefinition, list, output } from './definition.js';

/** `status`, the command that shows all the others' effects. */
export const statusCommand: CommandDefinition = {
  name: 'status',
  summary: 'show machines, services, units, relations',
  details:
    'A scope is the name of a service, a unit or a machine, in which * stands for any text and ? for any character.\n' +
    'Services related to a named one are shown with it. With dot or svg the services and their relations are drawn.',
  arguments: [
    {
      name: '[scope...]',
      description: 'only what has one of these names',
      parse: values.scopes,
      completes: 'services',
    },
  ],
  options: [
    {
      flags: '--format <format>',
      description: 'how to print',
      choices: ['table', 'json', 'yaml', 'dot', 'svg'],
      default: 'table',
    },
    {
      flags: '--unit-state <state>',
      description:
        'only units in this state; error: in any state of error. May be given several times. --state works too, where it is no URL',
      parse: values.unitStates,
    },
    { flags: '--behind', description: 'only units that do not run the formula of their service' },
    {
      flags: '--machine <machine>',
      description: 'only units on this machine. May be given several times',
      parse: values.machineNames,
      completes: 'machines',
    },
    { flags: '--watch', description: 'print again whenever something changes, until Ctrl-C' },
    output,
  ],
  examples: [
    'ensemble status',
    'ensemble status --format json guestbook',
    'ensemble status --state error',
    "ensemble status --watch 'guest*'",
    'ensemble status --format svg --output status.svg',
  ],
  run: async ([names], options, invocation) =>
    (await import('../commands/status.js')).status(list(names), options, invocation),
};
