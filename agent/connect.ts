import type { Coordinator } from '../state/coordination/coordinator.js';
import { openCoordinator } from '../state/coordination/open.js';
import { StateNotThere } from '../state/coordination/state-not-there.js';
import { NotBootstrapped } from '../state/model/errors.js';
import { requireLayout } from '../state/model/layout.js';
import type { AgentOptions } from './options.js';
import type { DataDirectory } from './disk/data-directory.js';
import { savedSession, saveSession } from './tree/saved-session.js';
import type { HomeEnvironment } from './environment/home-environment.js';
import type { Identity } from './tree/identity.js';

/** Continues the session of the agent before this one, so that a restart is no absence. */
export async function connect(
  { environment, clock, random, log, open = openCoordinator }: AgentOptions,
  directory: DataDirectory,
  { recognise }: HomeEnvironment,
  identity: Identity,
): Promise<Coordinator> {
  const session = await savedSession(directory.session, identity);
  return open(environment.state, {
    requestTimeout: Number.POSITIVE_INFINITY,
    refused: (error) => log.error('a node of the state is not seen until that is mended', { error }),
    blocked: (by) => {
      if (by === undefined) log.warning('the state can be written again');
      else log.warning(`${by.message}; hooks go on`, { next: by.next });
    },
    clock,
    random,
    recognise,
    mustBeThere: true,
    ...(environment.secret !== undefined && { secret: environment.secret }),
    ...(session !== undefined && { session }),
  }).catch((error: unknown) => {
    if (!(error instanceof StateNotThere)) throw error;
    throw new NotBootstrapped({ environment: environment.name, directory: error.directory });
  });
}

/**
 * Waits until the coordinator answers, however long that takes, and keeps the session's file up to date from then on:
 * before the first answer there is no session that could be saved.
 */
export async function awaitCoordinator(
  coordinator: Coordinator,
  { environment, log, clock }: AgentOptions,
  directory: DataDirectory,
  identity: Identity,
  home: HomeEnvironment,
): Promise<void> {
  const slow = clock.after(5_000, () => log.warning(`waiting for the coordinator ${environment.state}`));
  try {
    await requireLayout(coordinator, environment.name);
  } finally {
    slow.cancel();
  }
  const save = (): Promise<void> => saveSession(directory.session, identity, coordinator.savedSession());
  coordinator.onSession((event) => {
    const words = {
      connected: 'the coordinator is back',
      disconnected: 'the coordinator is away; hooks that run go on',
      older: 'the coordinator is older than what this agent has seen of it: it was restored, or set up anew',
      replaced: 'the coordinator was taken away from under this agent',
      expired: 'the coordinator ended the session; a new one stands',
    };
    log.warning(words[event]);
    if (event === 'replaced') home.replaced();
    if (event === 'expired')
      save().catch((error: unknown) => log.error('the session cannot be saved', { error }));
  });
  await save();
}
