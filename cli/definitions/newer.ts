import * as values from '../arguments/values.js';
import { type CommandDefinition, format, list } from './definition.js';

/** `newer`, the command that asks what there is to upgrade to. */
export const newerCommand: CommandDefinition = {
  name: 'newer',
  summary: 'show which newer revisions there are of what services run',
  details:
    'Asks the repository that each service came from, unless somebody watches it and has looked within a day. A newer revision is eligible where its author and what it keeps of\n' +
    'the deployed one say that nothing breaks, questionable where something may, and ineligible otherwise; the reasons are\n' +
    'shown. Changes nothing.',
  arguments: [
    {
      name: '[service...]',
      description: 'only these services (default: all)',
      parse: values.serviceNames,
      completes: 'services',
    },
  ],
  options: [
    { flags: '--refresh', description: 'ask the repositories, whatever is known already' },
    { flags: '--explain', description: 'every newer revision, with all reasons for its class' },
    {
      flags: '--exit-code',
      description:
        'exit with 10 where something eligible is newer, 11 where only something questionable is, 12 where something urgent is, 13 where it is not known, 0 where nothing is',
    },
    format,
  ],
  examples: [
    'ensemble newer',
    'ensemble newer --explain guestbook',
    'ensemble newer --exit-code --format json',
  ],
  run: async ([names], options, invocation) =>
    (await import('../commands/newer.js')).newer(list(names), options, invocation),
};

/** What commands start in the background, for the notices of later ones. */
export const refreshNoticesCommand: CommandDefinition = {
  name: '__refresh-notices',
  summary: 'look for newer revisions, for the notices of later commands',
  hidden: true,
  arguments: [],
  options: [
    {
      flags: '--limit <time>',
      description: 'end after this time (default: 55s)',
      parse: values.duration,
    },
  ],
  examples: ['ensemble __refresh-notices'],
  run: async (_args, options, invocation) =>
    (await import('../commands/refresh-notices.js')).refreshNotices(options, invocation),
};
