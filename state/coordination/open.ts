import type { Clock } from '../clock.js';
import type { Coordinator } from './coordinator.js';
import { CoordinatorUrlInvalid } from './errors.js';

export interface CoordinatorOptions {
  /** The environment's shared secret; with it, every node is readable and writable only to those who have it. */
  readonly secret?: string;
  /** How long the session outlives its process, in milliseconds. Default 10,000. */
  readonly sessionTimeout?: number;
  /**
   * How long one request waits for the coordinator, in milliseconds; then it throws `CoordinatorUnreachable`.
   * Default 10,000, right for a command; an agent waits for ever (`Infinity`).
   */
  readonly requestTimeout?: number;
  /** What `savedSession()` of an earlier process gave. One that has expired is silently replaced by a new one. */
  readonly session?: string;
  readonly clock?: Clock;
  /** Uniform in [0, 1); for the order of servers and for back-off. */
  readonly random?: () => number;
}

/**
 * Opens the coordinator that `url` names: `embedded:/absolute/path` or `zookeeper://host[:2181][,host…][/chroot]`.
 * The engine is loaded only here, so that commands which need none start fast.
 * @throws CoordinatorUrlInvalid, CoordinatorUnreachable, AccessDenied
 */
export async function openCoordinator(url: string, options: CoordinatorOptions = {}): Promise<Coordinator> {
  const scheme = url.slice(0, url.indexOf(':'));
  switch (scheme) {
    case 'embedded':
      return (await import('./embedded/open.js')).openEmbedded(url, options);
    case 'zookeeper':
      return (await import('./zookeeper/open.js')).openZookeeper(url, options);
    default:
      throw new CoordinatorUrlInvalid(url, 'its scheme is neither embedded nor zookeeper');
  }
}
