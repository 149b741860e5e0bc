import { existsSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { type Clock, pause, systemClock } from '../../platform/clock.js';
import type { Coordinator, CoordinatorOptions, Node } from '../coordinator.js';
import { CoordinatorUrlInvalid } from '../errors.js';
import { FULL_LOOK } from '../full-look.js';
import { StateNotThere } from '../state-not-there.js';
import { EmbeddedCoordinator, nodeAt } from './embedded-coordinator.js';
import { Requests } from './requests.js';
import { Session } from './session.js';
import { openStore } from './open-store.js';
import type { Store } from './store.js';
import type { Terms } from './terms.js';
import { explained } from './unusable.js';
import { Vigil } from './vigil.js';

const SCHEME = 'embedded:';

/**
 * Opens the store in the directory of `url`, `embedded:/absolute/path`, and creates it where there is none. Access is
 * the directory's: it is created with mode 0700, and `options.secret` plays no part.
 * @throws CoordinatorUrlInvalid, CoordinatorUnreachable, StateNotThere
 */
export async function openEmbedded(url: string, options: CoordinatorOptions): Promise<Coordinator> {
  const directory = directoryOf(url);
  const { clock = systemClock, sessionTimeout = 10_000, requestTimeout = 10_000 } = options;
  const terms: Terms = { url, directory, clock, requestTimeout, blocked: options.blocked };
  if (options.mustBeThere === true) await untilThere(terms, options);
  const store = await reach(terms);
  const session = new Session(clock, sessionTimeout);
  const requests = new Requests(store, terms);
  const vigil = new Vigil(store, session, requests, terms, {
    random: options.random ?? Math.random,
    interval: options.fullLook ?? FULL_LOOK,
  });
  try {
    await untilRecognised(requests, options, clock);
    await vigil.begin(options.session);
  } catch (error) {
    vigil.end();
    await store.leave();
    throw error;
  }
  return new EmbeddedCoordinator(store, session, requests, vigil, terms);
}

/** Milliseconds after which a store that was not recognised is looked at again. */
const RECOGNISE_AGAIN = 1_000;

/** @throws StateNotThere, unless it is one that is waited for */
async function untilThere({ directory, clock }: Terms, { recognise }: CoordinatorOptions): Promise<void> {
  while (!existsSync(join(directory, 'data.mdb'))) {
    const isWaitedFor = recognise !== undefined && !(await recognise(async () => undefined));
    if (!isWaitedFor) throw new StateNotThere(directory);
    await pause(clock, RECOGNISE_AGAIN);
  }
}

/** Before the session goes on, as that is written. */
async function untilRecognised(
  requests: Requests,
  { recognise }: CoordinatorOptions,
  clock: Clock,
): Promise<void> {
  if (recognise === undefined) return;
  const get = (path: string): Promise<Node | undefined> => requests.read((view) => nodeAt(view, path));
  while (!(await recognise(get))) await pause(clock, RECOGNISE_AGAIN);
}

async function reach(terms: Terms): Promise<Store> {
  try {
    return await openStore(terms);
  } catch (error) {
    throw await explained(terms.url, terms.directory, error);
  }
}

/** @throws CoordinatorUrlInvalid */
export function directoryOf(url: string): string {
  const path = url.slice(SCHEME.length);
  if (!url.startsWith(SCHEME) || !isAbsolute(path))
    throw new CoordinatorUrlInvalid({ url, reason: 'its path is not absolute' });
  return normalize(path);
}
