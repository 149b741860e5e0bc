import * as values from '../values.js';
import { type CommandDefinition, format, list } from './definition.js';

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
    name: 'remove-machine',
    summary: 'forget machines that are not in use',
    details:
      'A machine must host no unit and its agent must be down. An agent that is started later makes its machine known\n' +
      'again.',
    arguments: [
      {
        name: '<machine...>',
        description: 'the machines',
        parse: values.machineNames,
        completes: 'machines',
      },
    ],
    options: [],
    examples: ['ensemble remove-machine m1', 'ensemble remove-machine m1 m2'],
    run: async ([names], _options, invocation) =>
      (await import('../commands/remove-machine.js')).forgetMachines(list(names), invocation),
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
