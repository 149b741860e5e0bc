import * as values from '../arguments/values.js';
import { type CommandDefinition, format, list, service, text } from './definition.js';
import { following } from './following.js';
import { paceOptions, rolloutOptions } from './rollout-options.js';

/** The commands that exchange a service’s formula. */
export const formulaCommands: readonly CommandDefinition[] = [
  {
    name: 'upgrade-formula',
    summary: 'upgrade a service to a newer revision of its formula',
    details:
      'Looks in the repository the service was deployed from for the highest revision that is not ineligible, as\n' +
      '`ensemble newer` has it. Units that an earlier upgrade left behind are asked again. Units in an error state wait for `ensemble resolved`, unless --force is given. A\n' +
      'revision that drops or changes a relation in use is refused, unless --force is given.',
    arguments: [service],
    options: [
      {
        flags: '--repository <place>',
        description:
          'look in this directory or at this URL instead, from now on (default: where the service came from)',
        completes: 'directories',
      },
      { flags: '-n, --dry-run', description: 'show what would change, and change nothing' },
      {
        flags: '--revision <revision>',
        description: 'this revision, not the highest',
        parse: values.revision,
      },
      { flags: '--compatible', description: 'the highest revision that is eligible: nothing breaks by it' },
      {
        flags: '--candidate <change>',
        description:
          'try an open change of the repository in the units of --unit, and what it needs in those of other services: pr:NUMBER, or branch:NAME for the branch candidate/NAME',
        parse: values.candidateKey,
        completes: 'candidates',
      },
      {
        flags: '--unit <unit>',
        description: 'only this unit, or these; the others stay on the old formula',
        parse: values.unitNames,
        completes: 'units',
      },
      {
        flags: '--force',
        description:
          'upgrade units in an error state too, and held ones, and break relations in use that the new formula lacks',
      },
      {
        flags: '--revert-on-error',
        description: 'a unit whose upgrade-formula hook fails goes back to the formula it had',
      },
      { flags: '--bump', description: 'first raise the revision in the formula’s directory by one' },
      ...rolloutOptions,
      ...following,
      { ...format, description: 'how to print what came of it, or what --dry-run finds' },
    ],
    examples: [
      'ensemble upgrade-formula guestbook',
      'ensemble upgrade-formula --dry-run --repository ./principia guestbook',
      'ensemble upgrade-formula --unit guestbook/0 guestbook',
      'ensemble upgrade-formula --candidate pr:22 --unit guestbook/0 guestbook',
    ],
    run: async ([name], options, invocation) =>
      (await import('../commands/upgrade-formula.js')).upgradeFormula(text(name), options, invocation),
  },
  {
    name: 'revert-formula',
    summary: 'go back to the formula before',
    details:
      'A service: all its units go back, and the revision it had is not taken again without --force. Units: each goes\n' +
      'back to what it ran before, also from a failed or half-way upgrade. The formula was kept on the machine, so that\n' +
      'nothing is downloaded; its hook revert-formula runs first. Two formulas are kept: run again, it goes back one more.\n' +
      'A formula that lacks a relation in use is refused, unless --force is given.',
    arguments: [
      {
        name: '<service-or-unit...>',
        description: 'a service, or units',
        parse: values.serviceOrUnits,
        completes: 'services',
      },
    ],
    options: [
      {
        flags: '--force',
        description: 'units that are held too, and break relations in use that the formula before lacks',
      },
      ...paceOptions,
      ...following,
    ],
    examples: ['ensemble revert-formula guestbook', 'ensemble revert-formula guestbook/1'],
    run: async ([names], options, invocation) =>
      (await import('../commands/revert-formula.js')).revertFormula(list(names), options, invocation),
  },
];
