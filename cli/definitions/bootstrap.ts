import type { CommandDefinition } from './definition.js';

/** The command before all others. */
export const bootstrapCommand: CommandDefinition = {
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
  run: async (_args, options, invocation) =>
    (await import('../commands/bootstrap.js')).bootstrap(options, invocation),
};
