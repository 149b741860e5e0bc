import * as values from '../arguments/values.js';
import type { PruneRequest } from '../../control/prune/prune.js';
import type { Format } from '../output/output.js';
import {
  type ArgumentDefinition,
  type CommandDefinition,
  format,
  list,
  maybeText,
  text,
} from './definition.js';

const machines: ArgumentDefinition = {
  name: '<machine...>',
  description: 'the machines',
  parse: values.machineNames,
};

/** The commands about machines and the environment as a whole. */
export const environmentCommands: readonly CommandDefinition[] = [
  {
    name: 'machines',
    summary: 'show the machines and what they host',
    arguments: [],
    options: [format],
    examples: ['ensemble machines', 'ensemble machines --format json'],
    run: async (_args, options, invocation) =>
      (await import('../commands/machines.js')).machines(options, invocation),
  },
  {
    name: 'cordon',
    summary: 'have machines take no new units',
    details:
      'What is on a cordoned machine stays there, and is upgraded, configured and removed as ever. New units go elsewhere;\n' +
      'where every machine is cordoned they wait, and `ensemble status` says so. A new subordinate still goes beside its\n' +
      'principal. A cordon lasts until `ensemble uncordon`, whatever becomes of the agent, and goes with the machine.',
    arguments: [{ ...machines, completes: 'machines' }],
    options: [
      { flags: '--reason <text>', description: 'why, for those who see it in `machines` and `status`' },
    ],
    examples: ['ensemble cordon m1', "ensemble cordon --reason 'new disks on Friday' m1"],
    run: async ([names], options, invocation) =>
      (await import('../commands/cordon.js')).cordon(list(names), options, invocation),
  },
  {
    name: 'uncordon',
    summary: 'have cordoned machines take new units again',
    details: 'Units that wait for a machine are placed at once; what is placed elsewhere stays there.',
    arguments: [{ ...machines, completes: 'cordoned-machines' }],
    options: [],
    examples: ['ensemble uncordon m1'],
    run: async ([names], _options, invocation) =>
      (await import('../commands/cordon.js')).uncordon(list(names), invocation),
  },
  {
    name: 'remove-machine',
    summary: 'forget machines that are not in use',
    details:
      'A machine must host no unit and its agent must be down. An agent that is started later makes its machine known\n' +
      'again. A machine that is lost for good goes with its units, by --force: no hook of theirs runs, and the others of\n' +
      'their relations are told that they departed. Should its agent come back, it stops them and puts their data aside.',
    arguments: [{ ...machines, completes: 'machines' }],
    options: [
      { flags: '--force', description: 'with the units they host; their agents must be down all the same' },
      { flags: '--yes', description: 'do it; without this, --force only says which units would go' },
    ],
    examples: ['ensemble remove-machine m1 m2', 'ensemble remove-machine --force --yes m1'],
    run: async ([names], options, invocation) =>
      (await import('../commands/remove-machine.js')).forgetMachines(list(names), options, invocation),
  },
  {
    name: 'prune',
    summary: 'remove formulas, histories, logs and marks that nothing needs',
    details:
      'A formula is needed by services and units that run it, keep it to go back to, or are on their way to it. Of each\n' +
      'formula the newest revisions stay besides. Histories of services that are gone and marks of agents without\n' +
      'a machine are kept for a while, logs of machines that were removed are not. Units and their data are never\n' +
      'touched. Run it when you like, also while others deploy and upgrade.\n' +
      'With --removed nothing of that goes, but what machines keep of units that were removed: at once.',
    arguments: [
      {
        name: '[machine-or-unit]',
        description: 'with --removed: only what is kept on this machine, or of this unit',
        parse: values.machineOrUnit,
        completes: 'machines',
      },
    ],
    options: [
      {
        flags: '--removed',
        description: 'the directories that removed units left, with their data, and nothing else',
      },
      { flags: '--dry-run', description: 'only say what would go' },
      {
        flags: '--keep <n>',
        description: 'revisions of each formula that stay in any case',
        parse: values.anyCount,
        default: 2,
      },
      {
        flags: '--history-days <n>',
        description:
          'days that histories of services that are gone, marks of agents without a machine, and tombstones are kept',
        parse: values.anyCount,
        default: 30,
      },
      format,
    ],
    examples: [
      'ensemble prune --dry-run',
      'ensemble prune --keep 5',
      'ensemble prune --removed --dry-run',
      'ensemble prune --removed guestbook/2',
    ],
    run: async (
      [named],
      options: PruneRequest & { readonly format: Format; readonly removed?: boolean },
      invocation,
    ) => {
      const of = maybeText(named);
      if (options.removed === true)
        return (await import('../commands/prune-removed.js')).pruneRemoved(of, options, invocation);
      if (of !== undefined) throw invocation.misuse('a machine or unit is named with --removed only');
      return (await import('../commands/prune.js')).prune(options, invocation);
    },
  },
  {
    name: 'export',
    summary: 'write what the environment’s state holds to a file',
    details:
      'A backup, and the way to another coordinator: `ensemble import` makes the environment of it again. Sessions and the\n' +
      'secret are left out, config values are not, so the file is yours alone (mode 0600). A file that is there is\n' +
      'replaced once the new one is whole. Bundles stay in the storage.',
    arguments: [{ name: '<file>', description: 'the file', completes: 'files' }],
    options: [],
    examples: ['ensemble export production.export'],
    run: async ([file], _options, invocation) =>
      (await import('../commands/export.js')).exportState(text(file), invocation),
  },
  {
    name: 'import',
    summary: 'make an environment of what `export` wrote',
    details:
      'In the place of `bootstrap`, where the environment’s `state` holds nothing yet. It is the same environment as before:\n' +
      'agents take up their machines and units with the data directories that they have.',
    arguments: [{ name: '<file>', description: 'what `ensemble export` wrote', completes: 'files' }],
    options: [],
    examples: ['ensemble import production.export -e production'],
    run: async ([file], _options, invocation) =>
      (await import('../commands/import.js')).importState(text(file), invocation),
  },
  {
    name: 'upgrade-environment',
    summary: 'turn on what older programs would misread, once all machines are upgraded',
    details:
      'After Ensemble itself was upgraded on every machine. Nothing goes back from here: older agents and commands are kept\n' +
      'out of the environment from then on. A machine that is registered and behind is named, and nothing is done; one that is\n' +
      'lost goes by `remove-machine`. What the state holds is exported first.\n' +
      'Exits with 3 where machines are behind, and with 78 where the environment is too new for this Ensemble.',
    arguments: [],
    options: [
      {
        flags: '--check',
        description: 'change nothing; exit with 0 up to date, 2 to be upgraded, 3 blocked',
      },
      { flags: '--plan', description: 'the same, and show what would be done' },
      {
        flags: '--export <file>',
        description:
          'the file that the state is exported to first (default: named for the environment and the time)',
        completes: 'files',
      },
      format,
    ],
    examples: ['ensemble upgrade-environment --plan', 'ensemble upgrade-environment --export before.export'],
    run: async (_args, options, invocation) =>
      (await import('../commands/upgrade-environment.js')).upgradeTheEnvironment(options, invocation),
  },
  {
    name: 'destroy-environment',
    summary: 'remove everything an environment knows',
    details:
      'Services, units, relations, machines and formulas are forgotten; no hook runs. What agents have on their disks\n' +
      'stays, and so do the formulas’ bundles in storage, which other environments may use. `ensemble bootstrap` makes\n' +
      'the environment ready anew.',
    arguments: [],
    options: [
      { flags: '--yes', description: 'do it; without this, only say what would go' },
      { flags: '--force', description: 'also while agents are up' },
    ],
    examples: ['ensemble destroy-environment', 'ensemble destroy-environment -e test --yes'],
    run: async (_args, options, invocation) =>
      (await import('../commands/destroy-environment.js')).destroyEnvironment(options, invocation),
  },
];
