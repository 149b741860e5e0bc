import type { Coordinator } from '../state/coordination/coordinator.js';
import { retryOnConflict } from '../state/model/conflict.js';
import { ServiceDestroying } from '../state/model/errors.js';
import { requestEntry } from '../state/model/history-entry.js';
import { recordOperations } from '../state/model/history.js';
import { paths } from '../state/model/paths.js';
import type { Requester } from '../state/model/requester.js';
import { requireService } from '../state/model/services.js';

/**
 * Says whether a service's open ports are meant for the world. What makes them reachable is not Ensemble's: it is told.
 * @param requester who is on record for it
 * @returns whether that was changed
 * @throws ServiceNotFound, ServiceDestroying
 */
export async function setExposed(
  coordinator: Coordinator,
  service: string,
  exposed: boolean,
  requester?: Requester,
): Promise<boolean> {
  const entry = requester && requestEntry(requester, { what: exposed ? 'expose' : 'unexpose' });
  return retryOnConflict(`service ${service}`, async () => {
    const { value, version } = await requireService(coordinator, service);
    if (value.destroying) throw new ServiceDestroying({ service });
    const path = paths.exposed(service);
    if (((await coordinator.get(path)) !== undefined) === exposed) return false;
    await coordinator.transaction([
      { kind: 'check', path: paths.service(service), version },
      exposed ? { kind: 'create', path, value: '{}' } : { kind: 'remove', path },
      ...(await recordOperations(coordinator, [service], entry)),
    ]);
    return true;
  });
}
