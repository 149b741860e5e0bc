import type { Coordinator, CoordinatorOptions } from '../coordinator.js';
import { parseZookeeperUrl } from './url.js';
import { ZookeeperCoordinator } from './zookeeper-coordinator.js';

/**
 * Opens `zookeeper://host[:2181][,host…][/path]`; the path is created where it is missing. With a finite request
 * timeout it resolves when a connection stands; with none it resolves at once and the first requests wait, so that an
 * agent can start, be told of the session, and stop, while the coordinator is away.
 * @throws CoordinatorUrlInvalid, CoordinatorUnreachable, AccessDenied
 */
export async function openZookeeper(url: string, options: CoordinatorOptions = {}): Promise<Coordinator> {
  const coordinator = new ZookeeperCoordinator(parseZookeeperUrl(url), options);
  if (options.requestTimeout === Number.POSITIVE_INFINITY) return coordinator;
  try {
    await coordinator.ready();
  } catch (error) {
    await coordinator.close();
    throw error;
  }
  return coordinator;
}
