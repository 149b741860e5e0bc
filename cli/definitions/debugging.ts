import { historyKinds } from '../arguments/history-kinds.js';
import * as values from '../arguments/values.js';
import { type CommandDefinition, format, list, maybeText, output, text } from './definition.js';

/** The commands that look into units while they run. */
export const debuggingCommands: readonly CommandDefinition[] = [
  {
    name: 'debug-log',
    summary: 'show what the hooks of units print and log',
    details:
      'Gathered from all machines; the last of it, 1 MB per machine. All of it is in the units’ log/hooks.log on their\n' +
      'machines. What a hook prints is INFO, on both its outputs; `ensemble-log -l` says otherwise. With -f it begins with\n' +
      'the last 10 lines, unless -n or -r is given, and goes on until Ctrl-C.',
    arguments: [],
    options: [
      { flags: '-f, --follow', description: 'go on with what comes' },
      { flags: '-r, --replay', description: 'with -f: begin with all there is' },
      {
        flags: '-i, --include <unit...>',
        description: 'only these units; a service means its units, and * and ? may stand for anything',
        parse: values.collected,
      },
      { flags: '-x, --exclude <unit...>', description: 'all but these units', parse: values.collected },
      { flags: '-l, --level <level>', description: 'this level and worse', parse: values.logLevel },
      {
        flags: '-n, --lines <count>',
        description: 'only so many lines, the last ones',
        parse: values.lineCount,
      },
      { ...format, choices: ['text', 'json'], default: 'text' },
      output,
    ],
    examples: ['ensemble debug-log -n 50', "ensemble debug-log -f -i 'blog*' -x blog/2 -l WARNING"],
    run: async (_args, options, invocation) =>
      (await import('../commands/debug-log.js')).debugLog(options, invocation),
  },
  {
    name: 'history',
    summary: 'show who asked for what, and how it ended',
    details:
      'Shows who asked for what and when; and what units did or failed to do, how long it took, and who resolved it. It\n' +
      'keeps the last 200 requests of a service and the last 30 events of a unit, also when they are gone. A time is so\n' +
      'long ago, as 2h or 3d; a time of day, as 18:00; a day, as yesterday or 2026-11-20; or both, as "yesterday 18:00".\n' +
      'All times are local, unless they end in Z or such as +01:00.',
    arguments: [
      {
        name: '[service|unit]',
        description: 'only this service or unit',
        parse: values.serviceOrUnit,
        completes: 'recorded',
      },
    ],
    options: [
      { flags: '--since <time>', description: 'only what came then or later', parse: values.moment },
      {
        flags: '--until <time>',
        description: 'only what came until then, a day to its end',
        parse: values.moment,
      },
      {
        flags: '--by <name>',
        description:
          'only what this person asked for, such as ann, or ann@host; * and ? may stand for anything',
        parse: values.personName,
        completes: 'persons',
      },
      {
        flags: '--what <kind>',
        description:
          'only this kind, or these between commas: a command, such as upgrade, or what units do, such as start',
        parse: values.kindsOfEntries,
        words: historyKinds,
      },
      { flags: '-n, --lines <count>', description: 'only so many, the last ones', parse: values.lineCount },
      format,
    ],
    examples: [
      'ensemble history --since "yesterday 18:00"',
      'ensemble history --since 2h --by ann --what upgrade,set',
      'ensemble history -n 20 mysql',
      'ensemble history --format json mysql/0',
    ],
    run: async ([subject], options, invocation) =>
      (await import('../commands/history.js')).history(maybeText(subject), options, invocation),
  },
  {
    name: 'debug-hooks',
    summary: 'open a unit’s hooks in windows, instead of running them',
    details:
      'On the unit’s machine, as the agent’s user: a tmux session, in which each of these hooks opens in a window of its own\n' +
      'when it falls due, with its directory, environment and tools. The window’s exit status is the hook’s. All hooks,\n' +
      'unless some are named; * and ? may stand for anything. Ends when the session is left (C-b d).',
    arguments: [
      { name: '<unit>', description: 'the unit', parse: values.unitName },
      { name: '[hook...]', description: 'the hooks', parse: values.hookPatterns },
    ],
    options: [],
    examples: [
      'ensemble debug-hooks mysql/0',
      "ensemble debug-hooks mysql/0 upgrade-formula 'db-relation-*'",
    ],
    run: async ([unit, hooks], _options, invocation) =>
      (await import('../commands/debug-hooks.js')).debugHooks(text(unit), list(hooks), invocation),
  },
  {
    name: 'run',
    summary: 'run a command in the context of a unit, or of each unit of a service',
    details:
      'Runs it on the unit’s machine, in the formula’s directory, with a hook’s environment and tools, when no hook of the\n' +
      'unit runs; also where the unit is in an error state. Several words are a program and its arguments; a single one\n' +
      'is a line for the shell. Exits with what the command exits with; 124 where it took longer than --timeout. Ctrl-C\n' +
      'takes it back unless it has begun. Of a service: in all its units at once, unless --max-parallel bounds it, each\n' +
      'line of output behind its unit; exits with 0 where it did so in every unit, else with 1 and names the others.',
    arguments: [
      {
        name: '<unit|service>',
        description: 'the unit, or the service',
        parse: values.serviceOrUnit,
        completes: 'services-and-units',
      },
      { name: '<command...>', description: 'the command, after --', parse: values.collected },
    ],
    options: [
      {
        flags: '--timeout <time>',
        description:
          'wait for it and run it no longer than this, such as 30s, 5m, 1h (default: it waits without end, and runs as long as a hook may take)',
        parse: values.duration,
      },
      {
        flags: '--max-parallel <count>',
        description: 'of a service: in so many units at a time, in their order (default: in all at once)',
        parse: values.unitCount,
      },
      {
        ...format,
        description: 'print what the command prints, or all about it',
        choices: ['text', 'json'],
        default: 'text',
      },
    ],
    examples: [
      'ensemble run mysql/0 -- relation-ids',
      "ensemble run mysql/0 -- 'config-get | sort'",
      'ensemble run --max-parallel 2 mysql -- df -h .',
    ],
    run: async ([unit, words], options, invocation) =>
      (await import('../commands/run.js')).runCommand(text(unit), list(words), options, invocation),
  },
];
