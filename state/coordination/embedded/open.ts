import { isAbsolute, normalize } from 'node:path';
import { systemClock } from '../../clock.js';
import type { Coordinator, CoordinatorOptions } from '../coordinator.js';
import { CoordinatorUrlInvalid } from '../errors.js';
import { EmbeddedCoordinator } from './embedded-coordinator.js';
import { Requests, type Terms } from './requests.js';
import { Session } from './session.js';
import { openStore, type Store } from './store.js';
import { explained } from './unusable.js';
import { Vigil } from './vigil.js';

const scheme = 'embedded:';

/**
 * Opens the store in the directory of `url`, `embedded:/absolute/path`, and creates it where there is none. Access is
 * the directory's: it is created with mode 0700, and `options.secret` plays no part.
 * @throws CoordinatorUrlInvalid, CoordinatorUnreachable
 */
export async function openEmbedded(url: string, options: CoordinatorOptions): Promise<Coordinator> {
  const directory = directoryOf(url);
  const { clock = systemClock, sessionTimeout = 10_000, requestTimeout = 10_000 } = options;
  const terms: Terms = { url, directory, clock, requestTimeout };
  const store = await reach(terms);
  const session = new Session(clock, sessionTimeout);
  const requests = new Requests(store, terms);
  const vigil = new Vigil(store, session, requests, clock);
  try {
    await vigil.begin(options.session);
  } catch (error) {
    vigil.end();
    await store.leave();
    throw error;
  }
  return new EmbeddedCoordinator(store, session, requests, vigil, terms);
}

async function reach({ url, directory, clock }: Terms): Promise<Store> {
  try {
    return await openStore(url, directory, clock);
  } catch (error) {
    throw await explained(url, directory, error);
  }
}

function directoryOf(url: string): string {
  const path = url.slice(scheme.length);
  if (!url.startsWith(scheme) || !isAbsolute(path))
    throw new CoordinatorUrlInvalid(url, 'its path is not absolute');
  return normalize(path);
}
