import * as values from '../arguments/values.js';
import { policyLines, policyModes, policyUrgent } from '../../state/model/upgrade-policy.js';
import { type CommandDefinition, format, maybeText, service, text } from './definition.js';

/** The commands about whoever watches repositories. */
export const watcherCommands: readonly CommandDefinition[] = [
  {
    name: 'upgrade-policy',
    summary: 'show or set what is done by itself about newer formulas of a service',
    details:
      'By ensemble-watcher. off: nobody looks. notify, the default: it tells of them. stage: it also has them on the machines of\n' +
      'the units, so that a later upgrade waits for no download. auto: it upgrades, by the service’s rollout parameters, to what is\n' +
      'eligible; never to what the service went back from, what failed, or while the service is held. Without a mode and options it shows.',
    arguments: [service, { name: '[mode]', description: 'what to do', choices: policyModes }],
    options: [
      {
        flags: '--window <when>',
        description:
          "auto only then, such as '02:00-06:00', 'Sat 02:00-06:00', 'Mon-Fri 22:00-04:00'; or never then: 'not Fri 12:00-24:00'. May be given several times",
        parse: values.upgradeWindows,
      },
      { flags: '--any-time', description: 'take all windows away' },
      {
        flags: '--time-zone <zone>',
        description: 'what the windows are of, such as Europe/Berlin (default: that of this machine)',
        parse: values.timeZone,
      },
      {
        flags: '--lines <which>',
        description:
          'auto also to another line that breaks nothing: any; or only within the deployed one: same',
        choices: policyLines,
      },
      {
        flags: '--urgent <when>',
        description:
          'whether what is urgent by its author waits for a window: at-once (the default) or in-window',
        choices: policyUrgent,
      },
      format,
    ],
    examples: [
      'ensemble upgrade-policy guestbook',
      "ensemble upgrade-policy guestbook auto --window 'Sat 02:00-06:00' --time-zone Europe/Berlin",
      'ensemble upgrade-policy guestbook stage --any-time',
    ],
    run: async ([name, mode], options, invocation) =>
      (await import('../commands/upgrade-policy.js')).upgradePolicy(
        text(name),
        maybeText(mode),
        options,
        invocation,
      ),
  },
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
          'check',
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
        description: 'of reports: those about this service, and the failures of its repository',
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
      'ensemble watcher check ours',
      'ensemble watcher resume',
    ],
    run: async ([action, subject], options, invocation) =>
      (await import('../commands/watcher.js')).watcher(text(action), maybeText(subject), options, invocation),
  },
];
