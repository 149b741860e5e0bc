import { bootstrapCommand } from './definitions/bootstrap.js';
import { completionCommands } from './definitions/completion.js';
import { configCommands } from './definitions/config.js';
import { debuggingCommands } from './definitions/debugging.js';
import type { CommandDefinition, OptionDefinition } from './definitions/definition.js';
import { environmentCommands } from './definitions/environment.js';
import { formulaCommands } from './definitions/formulas.js';
import { holdingCommands } from './definitions/holding.js';
import { newerCommand, refreshNoticesCommand } from './definitions/newer.js';
import { relationCommands } from './definitions/relations.js';
import { repositoryCommands } from './definitions/repositories.js';
import { rolloutCommands } from './definitions/rollout.js';
import { serviceCommands } from './definitions/services.js';
import { statusCommand } from './definitions/status.js';
import { watcherCommands } from './definitions/watcher.js';

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

/** Every command there is, in the order of the help; help, parsing and the docs follow from this table. */
export const commands: readonly CommandDefinition[] = [
  bootstrapCommand,
  ...serviceCommands,
  ...configCommands,
  statusCommand,
  newerCommand,
  refreshNoticesCommand,
  ...formulaCommands,
  ...holdingCommands,
  ...rolloutCommands,
  ...debuggingCommands,
  ...relationCommands,
  ...environmentCommands,
  ...repositoryCommands,
  ...watcherCommands,
  ...completionCommands(() => ({ commands, globalOptions })),
];
