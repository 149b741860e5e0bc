import * as values from '../arguments/values.js';
import { type ArgumentDefinition, type CommandDefinition, maybeText, service, text } from './definition.js';

const endpoints: readonly ArgumentDefinition[] = [
  {
    name: '<one>',
    description: 'the one service, or SERVICE:RELATION',
    parse: values.endpoint,
    completes: 'services',
  },
  {
    name: '<other>',
    description: 'the other service, or SERVICE:RELATION',
    parse: values.endpoint,
    completes: 'services',
  },
];

/** The commands about how services find each other, and how the world finds them. */
export const relationCommands: readonly CommandDefinition[] = [
  {
    name: 'add-relation',
    summary: 'relate two services',
    details:
      'One must provide an interface that the other requires. Where there are several ways, name the relation. Peer\n' +
      'relations are there by themselves. A subordinate gets a unit beside each unit of the other service.',
    arguments: endpoints,
    options: [],
    examples: ['ensemble add-relation guestbook mysql', 'ensemble add-relation guestbook:db mysql:server'],
    run: async ([one, other], _options, invocation) =>
      (await import('../commands/add-relation.js')).relate(text(one), text(other), invocation),
  },
  {
    name: 'remove-relation',
    summary: 'end the relation of two services',
    details:
      'Their units are told that the others departed, and then that the relation is broken. A subordinate’s units that\n' +
      'were there by this relation stop and go.',
    arguments: endpoints,
    options: [],
    examples: [
      'ensemble remove-relation guestbook mysql',
      'ensemble remove-relation guestbook:db mysql:server',
    ],
    run: async ([one, other], _options, invocation) =>
      (await import('../commands/remove-relation.js')).unrelate(text(one), text(other), invocation),
  },
  {
    name: 'resolved',
    summary: 'let a unit or a relation in error go on',
    details:
      'Takes the failed hook as done; with --retry it is run again. A service stands for all that is in error of it, units\n' +
      'and relations, which are named. A relation is named as `ensemble status` shows it,\n' +
      'such as db:4, or db where the unit has one such relation in error.',
    arguments: [
      {
        name: '[unit-or-service]',
        description: 'the unit, or all that is in error of a service',
        parse: values.serviceOrUnit,
        completes: 'failed',
      },
      { name: '[relation]', description: 'the relation whose hook failed, not the unit’s own' },
    ],
    options: [
      { flags: '-r, --retry', description: 'run the failed hook again' },
      { flags: '--all', description: 'every unit and relation in error, of all services' },
    ],
    examples: [
      'ensemble resolved guestbook/1',
      'ensemble resolved --retry guestbook/1',
      'ensemble resolved --retry guestbook/1 db:4',
      'ensemble resolved --retry guestbook',
      'ensemble resolved --retry --all',
    ],
    run: async ([subject, relation], options, invocation) =>
      (await import('../commands/resolved.js')).resolved(
        maybeText(subject),
        maybeText(relation),
        options,
        invocation,
      ),
  },
  {
    name: 'abort',
    summary: 'end the hook that runs in a unit',
    details:
      'Ends a hook that hangs: its process group gets SIGTERM and, if that does not help within ten seconds, SIGKILL; the\n' +
      'hook then counts as failed, and is not tried again by itself. It ends a command of `ensemble run` in the same way.\n' +
      'A failed hook that waits for its next try gets none. `ensemble status` shows what runs, since when, and its pid.',
    arguments: [{ name: '<unit>', description: 'the unit', parse: values.unitName, completes: 'units' }],
    options: [],
    examples: ['ensemble abort guestbook/1'],
    run: async ([unit], _options, invocation) =>
      (await import('../commands/abort.js')).abort(text(unit), invocation),
  },
  {
    name: 'expose',
    summary: 'mark a service’s ports as meant for everybody',
    details:
      'Says in `ensemble status` that the ports its units opened are meant for everybody, for those who run a firewall to\n' +
      'go by. Ensemble itself opens and closes nothing.',
    arguments: [service],
    options: [],
    examples: ['ensemble expose guestbook'],
    run: async ([name], _options, invocation) =>
      (await import('../commands/expose.js')).expose(text(name), true, invocation),
  },
  {
    name: 'unexpose',
    summary: 'take that mark back',
    arguments: [service],
    options: [],
    examples: ['ensemble unexpose guestbook'],
    run: async ([name], _options, invocation) =>
      (await import('../commands/expose.js')).expose(text(name), false, invocation),
  },
];
