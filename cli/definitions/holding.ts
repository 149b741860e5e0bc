import * as values from '../arguments/values.js';
import { holdLevels } from '../../state/model/hold.js';
import { type ArgumentDefinition, type CommandDefinition, list } from './definition.js';

const held: ArgumentDefinition = {
  name: '<service-or-unit...>',
  description: 'services, and units',
  parse: values.servicesAndUnits,
  completes: 'services-and-units',
};

/** The commands about holds. */
export const holdingCommands: readonly CommandDefinition[] = [
  {
    name: 'hold-upgrade',
    summary: 'keep services or units from being upgraded',
    details:
      'What is held is left out of upgrade-formula and revert-formula, which say whose hold it is; --force goes over it. A\n' +
      'hold concerns what is asked for from now on. Everybody has a hold of their own on the same thing; given again, it\n' +
      'takes the place of the one before. Without --for and --until it stands until `ensemble unhold-upgrade`.',
    arguments: [held],
    options: [
      { flags: '--for <time>', description: 'for so long, such as 12h, 3d or 2w', parse: values.span },
      {
        flags: '--until <time>',
        description: 'until then, such as 18:00, 2026-12-01 (to its end) or 2026-12-01T18:00Z',
        parse: values.timeToCome,
      },
      { flags: '--forever', description: 'until somebody ends it (the default)' },
      {
        flags: '--level <level>',
        description: 'from what: all, or auto, what goes by itself and nobody asks for',
        choices: holdLevels,
        default: 'all',
      },
      { flags: '--reason <text>', description: 'why, for those who meet the hold; must be given' },
    ],
    examples: [
      "ensemble hold-upgrade --for 3d --reason 'stock-taking' mysql",
      "ensemble hold-upgrade --until 2026-12-24 --reason 'its disk is slow' mysql/0",
    ],
    run: async ([names], options, invocation) =>
      (await import('../commands/hold-upgrade.js')).holdUpgrades(list(names), options, invocation),
  },
  {
    name: 'unhold-upgrade',
    summary: 'end holds on services or units',
    details:
      'One’s own, unless others are named. Of a service those on it as a whole: units that are held alone stay so, and are\n' +
      'named. What was left out meanwhile is asked again by `ensemble upgrade-formula`.',
    arguments: [{ ...held, completes: 'held' }],
    options: [
      {
        flags: '--by <name>',
        description: 'the holds of this person, such as ann, or ann@host; * and ? may stand for anything',
        parse: values.personName,
        completes: 'persons',
      },
      { flags: '--all', description: 'everybody’s' },
    ],
    examples: ['ensemble unhold-upgrade mysql', 'ensemble unhold-upgrade --by ann mysql/0 mysql/1'],
    run: async ([names], options, invocation) =>
      (await import('../commands/unhold-upgrade.js')).unholdUpgrades(list(names), options, invocation),
  },
];
