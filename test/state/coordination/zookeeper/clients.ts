import type {
  Coordinator,
  CoordinatorOptions,
  SessionEvent,
} from '../../../../state/coordination/coordinator.js';
import { openZookeeper } from '../../../../state/coordination/zookeeper/open.js';
import { SHORTEST_SESSION } from '../../../servers/zookeeper.js';

/** A client of the running test; it closes itself after it. */
export interface Client extends Coordinator {
  /** Everything the session told so far. */
  readonly events: readonly SessionEvent[];
}

let opened: Coordinator[] = [];
let trees = 0;

/** A path of its own for each test, so that tests share a server. */
export function freshPath(): string {
  trees += 1;
  return `/tree-${process.pid}-${trees}`;
}

/** Opens a client with the shortest session, unless told otherwise, at `servers` (`host:port,…`) below `path`. */
export async function open(servers: string, path: string, options: CoordinatorOptions = {}): Promise<Client> {
  const url = `zookeeper://${servers}${path}`;
  const coordinator = await openZookeeper(url, { sessionTimeout: SHORTEST_SESSION, ...options });
  opened.push(coordinator);
  const events: SessionEvent[] = [];
  coordinator.onSession((event) => events.push(event));
  return Object.assign(coordinator, { events });
}

/** The part of a saved session that stays the same while it lasts. */
export function sessionId(client: Coordinator): string | undefined {
  return client.savedSession().split(':')[1];
}

/** For `afterEach`. */
export async function closeClients(): Promise<void> {
  await Promise.all(opened.map((coordinator) => coordinator.close()));
  opened = [];
}
