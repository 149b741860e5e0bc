import * as values from '../arguments/values.js';
import {
  type CommandDefinition,
  format,
  list,
  maybeText,
  type OptionDefinition,
  service,
  text,
} from './definition.js';
import { following } from './following.js';

const placing: readonly OptionDefinition[] = [
  {
    flags: '--machine <machine>',
    description: 'put the units on this machine (default: where there are fewest of their service)',
    parse: values.machineName,
    completes: 'machines',
  },
];

const keepData: OptionDefinition = {
  flags: '--keep-data',
  description: 'keep each unit’s directory until it is pruned (default: for as long as the environment says)',
};

const purge: OptionDefinition = {
  flags: '--purge',
  description: 'remove each unit’s directory with its data at once',
};

/** The commands that make units and services, and remove them. */
export const serviceCommands: readonly CommandDefinition[] = [
  {
    name: 'deploy',
    summary: 'deploy a formula as a service',
    details:
      'Takes the highest revision that is no prerelease, unless FORMULA names one, as in mysql-12. A deploy that was\n' +
      'interrupted is gone on with by the same command.',
    arguments: [
      { name: '<formula>', description: 'the formula, or formula-revision', completes: 'formulas' },
      {
        name: '[service]',
        description: 'what to call the service (default: as the formula)',
        parse: values.serviceName,
      },
    ],
    options: [
      {
        flags: '-n, --units <count>',
        description: 'how many units (default: 1; a subordinate’s come by add-relation)',
        parse: values.unitCountOrNone,
      },
      ...placing,
      {
        flags: '--config <file>',
        description: 'a YAML file of config values for the service',
        completes: 'files',
      },
      {
        flags: '--repository <place>',
        description: 'the directory of formulas to look in, or the URL of one',
        env: 'ENSEMBLE_REPOSITORY',
        completes: 'directories',
      },
      { flags: '--revision <revision>', description: 'this revision of the formula', parse: values.revision },
      {
        flags: '--candidate <change>',
        description:
          'as it stands in an open change of the repository: pr:NUMBER, or branch:NAME for the branch candidate/NAME',
        parse: values.candidateKey,
        completes: 'candidates',
      },
      {
        flags: '-u, --upgrade',
        description: 'first raise the revision in the formula’s directory by one, and deploy that',
      },
      { flags: '--dry-run', description: 'show what would be deployed, and change nothing' },
      ...following,
      { ...format, description: 'how to print what --dry-run finds' },
    ],
    examples: [
      'ensemble deploy --repository ./principia -n 3 guestbook',
      'ensemble deploy --dry-run --repository ./principia guestbook',
      'ensemble deploy mysql-12 accounts',
    ],
    run: async ([formula, name], options, invocation) =>
      (await import('../commands/deploy.js')).deploy(text(formula), maybeText(name), options, invocation),
  },
  {
    name: 'add-unit',
    summary: 'add units to a service',
    details:
      'Where it, or a deploy, is interrupted before all units are made, status says so, and --rest makes the others.',
    arguments: [service],
    options: [
      { flags: '-n, --units <count>', description: 'how many (default: 1)', parse: values.unitCount },
      { flags: '--rest', description: 'those that were asked for and are not made' },
      { flags: '--forget-rest', description: 'give up those that were asked for and are not made' },
      ...placing,
      ...following,
    ],
    examples: [
      'ensemble add-unit -n 2 guestbook',
      'ensemble add-unit --machine m1 guestbook',
      'ensemble add-unit --rest guestbook',
    ],
    run: async ([name], options, invocation) =>
      (await import('../commands/add-unit.js')).addUnit(text(name), options, invocation),
  },
  {
    name: 'remove-unit',
    summary: 'stop units and remove them',
    details:
      'Each unit’s directory with its data is put aside on its machine, and goes a week later, or when keep-removed in\n' +
      'environments.yaml says; `ensemble prune --removed` removes it now.\n' +
      'The units’ numbers are not used again. A unit whose machine is lost has nobody to stop it: --force takes it, and\n' +
      'what is placed beside it, out without a hook. Should its agent come back, it stops the unit and puts its data aside.',
    arguments: [{ name: '<unit...>', description: 'the units', parse: values.unitNames, completes: 'units' }],
    options: [
      keepData,
      purge,
      { flags: '--force', description: 'units whose agents are down, without waiting for them' },
    ],
    examples: [
      'ensemble remove-unit guestbook/2',
      'ensemble remove-unit --keep-data guestbook/1 guestbook/2',
      'ensemble remove-unit --force guestbook/3',
    ],
    run: async ([units], options, invocation) =>
      (await import('../commands/remove-unit.js')).removeUnits(list(units), options, invocation),
  },
  {
    name: 'destroy-service',
    summary: 'stop all units of a service and remove it',
    details: 'What the units leave on their machines is put aside, as with `remove-unit`.',
    arguments: [service],
    options: [keepData, purge],
    examples: ['ensemble destroy-service guestbook'],
    run: async ([name], options, invocation) =>
      (await import('../commands/destroy-service.js')).destroy(text(name), options, invocation),
  },
];
