import type { BootstrapOptions } from './commands/bootstrap.js';
import { completionCommands } from './definitions/completion.js';
import { debuggingCommands } from './definitions/debugging.js';
import {
  type CommandDefinition,
  format,
  list,
  maybeText,
  type OptionDefinition,
  service,
  text,
} from './definitions/definition.js';
import { environmentCommands } from './definitions/environment.js';
import { holdingCommands } from './definitions/holding.js';
import { newerCommand, refreshNoticesCommand } from './definitions/newer.js';
import { relationCommands } from './definitions/relations.js';
import { repositoryCommands } from './definitions/repositories.js';
import { rolloutCommands } from './definitions/rollout.js';
import { statusCommand } from './definitions/status.js';
import { paceOptions, rolloutOptions } from './definitions/rollout-options.js';
import { watcherCommands } from './definitions/watcher.js';
import * as values from './arguments/values.js';

const following: readonly OptionDefinition[] = [
  { flags: '--no-wait', description: 'return at once instead of following the units' },
  {
    flags: '--timeout <time>',
    description: 'stop following after this time, such as 30s, 5m, 1h (the units go on)',
    parse: values.duration,
  },
];

const placing: readonly OptionDefinition[] = [
  {
    flags: '--machine <machine>',
    description: 'put the units on this machine (default: where there are fewest of their service)',
    parse: values.machineName,
    completes: 'machines',
  },
];

const repository: OptionDefinition = {
  flags: '--repository <place>',
  description: 'the directory of formulas to look in, or the URL of one',
  env: 'ENSEMBLE_REPOSITORY',
  completes: 'directories',
};

/** The options of every command. */
export const globalOptions: readonly OptionDefinition[] = [
  {
    flags: '-e, --environment <name>',
    description: 'the environment (default: $ENSEMBLE_ENV, or the one environments.yaml names)',
    completes: 'environments',
  },
  { flags: '--state <url>', description: 'the coordinator, instead of an environment' },
  { flags: '--storage <url>', description: 'the storage, instead of an environment' },
  { flags: '--debug', description: 'show where an error came from' },
];

const keepData: OptionDefinition = {
  flags: '--keep-data',
  description: 'keep each unit’s directory until it is pruned (default: for as long as the environment says)',
};

const purge: OptionDefinition = {
  flags: '--purge',
  description: 'remove each unit’s directory with its data at once',
};

/** Every command there is; help, parsing and the docs follow from this table. */
export const commands: readonly CommandDefinition[] = [
  {
    name: 'bootstrap',
    summary: 'make an environment ready for use',
    details:
      'Writes a first environments.yaml into $ENSEMBLE_HOME (default ~/.ensemble) where there is none: the environment\n' +
      '“local”, which needs nothing installed. Bootstrapping twice does no harm.',
    arguments: [],
    options: [
      {
        flags: '--mend',
        description:
          'first make an embedded state that is damaged anew, from all that it holds; keeps the damaged file',
      },
      {
        flags: '--yes',
        description:
          'have what removed units left go where a shorter keep-removed ends its time; without this, only say what',
      },
    ],
    examples: ['ensemble bootstrap', 'ensemble bootstrap -e production', 'ensemble bootstrap --mend'],
    run: async (_args, options: BootstrapOptions, invocation) =>
      (await import('./commands/bootstrap.js')).bootstrap(options, invocation),
  },
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
      repository,
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
      (await import('./commands/deploy.js')).deploy(text(formula), maybeText(name), options, invocation),
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
      (await import('./commands/add-unit.js')).addUnit(text(name), options, invocation),
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
      (await import('./commands/remove-unit.js')).removeUnits(list(units), options, invocation),
  },
  {
    name: 'destroy-service',
    summary: 'stop all units of a service and remove it',
    details: 'What the units leave on their machines is put aside, as with `remove-unit`.',
    arguments: [service],
    options: [keepData, purge],
    examples: ['ensemble destroy-service guestbook'],
    run: async ([name], options, invocation) =>
      (await import('./commands/destroy-service.js')).destroy(text(name), options, invocation),
  },
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
      (await import('./commands/get.js')).get(text(name), options, invocation),
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
      (await import('./commands/set.js')).set(text(name), list(pairs), options, invocation),
  },
  statusCommand,
  newerCommand,
  refreshNoticesCommand,
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
          'try an open change of the repository in the units of --unit: pr:NUMBER, or branch:NAME for the branch candidate/NAME',
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
      (await import('./commands/upgrade-formula.js')).upgradeFormula(text(name), options, invocation),
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
      (await import('./commands/revert-formula.js')).revertFormula(list(names), options, invocation),
  },
  ...holdingCommands,
  ...rolloutCommands(following),
  ...debuggingCommands,
  ...relationCommands,
  ...environmentCommands,
  ...repositoryCommands,
  ...watcherCommands,
  ...completionCommands(() => ({ commands, globalOptions })),
];
