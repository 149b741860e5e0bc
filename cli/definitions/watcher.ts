import * as values from '../arguments/values.js';
import { type CommandDefinition, format, maybeText, text } from './definition.js';

/** The commands about whoever watches repositories. */
export const watcherCommands: readonly CommandDefinition[] = [
  {
    name: 'watcher',
    summary: 'show what ensemble-watcher does, and tell it to look, or not to',
    details:
      'status: who watches, and when it looked last. repositories: how each repository answered. candidates:\n' +
      'formulas in open changes. reports: what it did and\n' +
      'what failed, the last thing last. report ID: one of them, by its id or how that begins. deliveries: the announcements\n' +
      'that are in line for a sink, or were given up; retry [ID]: have these tried again. pause and resume: have it look at\n' +
      'nothing in this environment, and again.',
    arguments: [
      {
        name: '<action>',
        description: 'what to do',
        choices: [
          'status',
          'repositories',
          'candidates',
          'reports',
          'report',
          'deliveries',
          'retry',
          'pause',
          'resume',
        ],
      },
      { name: '[subject]', description: 'what it is about, where the action asks for that' },
    ],
    options: [
      { flags: '--reason <text>', description: 'to pause: why, for those who wonder' },
      {
        flags: '--service <service>',
        description: 'of reports: those about this service',
        parse: values.serviceName,
        completes: 'services',
      },
      { flags: '--failed', description: 'of reports: those of something that failed' },
      {
        flags: '--since <time>',
        description: 'of reports: those of then or later',
        parse: values.moment,
      },
      { flags: '--log', description: 'of a report: all that was said meanwhile' },
      format,
    ],
    examples: [
      'ensemble watcher status',
      'ensemble watcher repositories --format json',
      'ensemble watcher candidates',
      'ensemble watcher reports --failed --since yesterday',
      'ensemble watcher report --log 20261120',
      "ensemble watcher pause --reason 'the network is being rebuilt'",
      'ensemble watcher resume',
    ],
    run: async ([action, subject], options, invocation) =>
      (await import('../commands/watcher.js')).watcher(text(action), maybeText(subject), options, invocation),
  },
];
