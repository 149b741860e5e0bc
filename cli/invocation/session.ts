import { resolve } from 'node:path';
import type { Session } from '../../control/session.js';
import { systemClock } from '../../state/platform/clock.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { StateNotThere } from '../../state/coordination/state-not-there.js';
import type { Environment } from '../../state/environments/environment.js';
import { absoluteUrl, loadEnvironment } from '../../state/environments/environments-file.js';
import { shellQuoted, shellWord } from '../../state/platform/shell-word.js';
import { EnvironmentUnfinished, NotBootstrapped } from '../../state/model/errors.js';
import { requireLayout } from '../../state/model/layout.js';
import { openGate, openGates } from '../../state/model/protection.js';
import { openStorage } from '../../state/storage/open.js';
import type { Storage } from '../../state/storage/storage.js';
import { tellOfAbsence, tellWhileOpening } from './coordinator-away.js';
import type { GlobalOptions, Invocation } from './invocation.js';

/** The name of the environment that `--state` and `--storage` make up. */
export const ADHOC = 'adhoc';

/**
 * Opens the environment the operator chose, checks that it is bootstrapped, and closes it when `work` is done.
 * @throws UsageError, NoEnvironments, EnvironmentNotFound, EnvironmentsInvalid, CoordinatorUnreachable,
 *   NotBootstrapped, EnvironmentUnfinished, LayoutTooNew, whatever `work` throws
 */
export async function withSession<T>(
  invocation: Invocation,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withChecked(invocation, checkLayout, work);
}

/** The same, also where an import or a removal of the environment was begun and not finished. @throws as `withSession` */
export async function withSessionOfAny<T>(
  invocation: Invocation,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const check = (session: Session): Promise<void> =>
    checkLayout(session).catch((error: unknown) => {
      if (!(error instanceof EnvironmentUnfinished)) throw error;
    });
  return withChecked(invocation, check, work);
}

async function withChecked<T>(
  invocation: Invocation,
  check: (session: Session) => Promise<void>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withUncheckedSession(invocation, async (session) => {
    warnOf(session.environment, invocation);
    // Both are asked for at once.
    const open = openGates(session.coordinator, { least: true });
    open.catch(() => undefined);
    await check(session);
    for (const path of await open)
      invocation.output.warn(openGate(session.environment, path, `ensemble bootstrap${session.choice}`));
    return work(session);
  });
}

/** Says what about the environment's file should be mended. */
export function warnOf({ warnings = [] }: Environment, { output }: Pick<Invocation, 'output'>): void {
  for (const warning of warnings) output.warn(warning);
}

/**
 * The same for an environment that need not be bootstrapped yet.
 * @param begins whether state and storage are made where they are not there: otherwise they may have been moved, or their
 *   disk not be mounted, and an empty one would be taken for them
 */
export async function withUncheckedSession<T>(
  invocation: Invocation,
  work: (session: Session) => Promise<T>,
  { begins = false }: { readonly begins?: boolean } = {},
): Promise<T> {
  const environment = await chosenEnvironment(invocation).catch((error: unknown) => {
    // Where there is no such environment, no command leads to it.
    invocation.output.carry('');
    throw error;
  });
  invocation.trace.environment = environment;
  const opening = openCoordinator(environment.state, {
    ...(environment.secret !== undefined && { secret: environment.secret }),
    mustBeThere: !begins,
  });
  const coordinator = await tellWhileOpening(opening, invocation.output, systemClock).catch(
    (error: unknown) => {
      throw error instanceof StateNotThere ? notBootstrapped(environment, error.directory) : error;
    },
  );
  coordinator.onSession((event) => {
    if (event === 'older')
      invocation.output.notice(
        'the coordinator is older than what this command has seen of it: it was restored, or set up anew',
      );
  });
  const endTelling = tellOfAbsence(coordinator, invocation.output, systemClock);
  let storage: Promise<Storage> | undefined;
  try {
    return await work({
      environment,
      coordinator,
      choice: choiceOptions(environment, invocation.globals),
      storage: () => {
        storage ??= openStorage(environment.storage, { mustBeThere: !begins });
        return storage;
      },
    });
  } finally {
    endTelling();
    (await storage?.catch(() => undefined))?.close();
    await coordinator.close();
  }
}

/** @throws UsageError, NoEnvironments, EnvironmentNotFound, EnvironmentsInvalid */
export async function chosenEnvironment({ globals, misuse }: Invocation): Promise<Environment> {
  const { environment, state, storage } = globals;
  if (state === undefined && storage === undefined) return loadEnvironment(environment);
  if (state === undefined || storage === undefined) throw misuse('--state and --storage go together');
  if (environment !== undefined) {
    throw misuse('--environment cannot be combined with --state and --storage, which stand in for it');
  }
  return { name: ADHOC, state: absoluteUrl(state, resolve()), storage: absoluteUrl(storage, resolve()) };
}

async function checkLayout({ coordinator, environment, choice }: Session): Promise<void> {
  try {
    await requireLayout(coordinator, environment.name, choice);
  } catch (error) {
    throw error instanceof NotBootstrapped ? notBootstrapped(environment) : error;
  }
}

function notBootstrapped(environment: Environment, directory?: string): NotBootstrapped {
  return new NotBootstrapped({
    environment: environment.name,
    ...(environment.name === ADHOC && { next: `ensemble bootstrap ${urlOptions(environment)}` }),
    ...(directory !== undefined && { directory }),
  });
}

/** The options, with a space in front, by which another command goes to the environment this one was given. */
function choiceOptions(environment: Environment, globals: GlobalOptions): string {
  if (environment.name === ADHOC) return ` ${urlOptions(environment)}`;
  return globals.environment === undefined ? '' : ` -e ${shellWord(environment.name)}`;
}

/** The same as the command line alone says it, before the environment is looked for. Empty where it chooses none. */
export function typedChoice({ environment, state, storage }: GlobalOptions): string {
  if (environment !== undefined) return ` -e ${shellWord(environment)}`;
  if (state === undefined || storage === undefined) return '';
  const urls = { state: absoluteUrl(state, resolve()), storage: absoluteUrl(storage, resolve()) };
  return ` ${urlOptions(urls)}`;
}

function urlOptions({ state, storage }: Pick<Environment, 'state' | 'storage'>): string {
  return [`--state ${shellWord(state)}`, `--storage ${shellQuoted(storage)}`].join(' ');
}
