import type { Coordinator, CoordinatorOptions } from './coordinator.js';
import { CoordinatorUrlInvalid } from './errors.js';

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
      throw new CoordinatorUrlInvalid({ url, reason: 'its scheme is neither embedded nor zookeeper' });
  }
}
