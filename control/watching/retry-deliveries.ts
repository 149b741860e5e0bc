import { paths } from '../../state/model/paths.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, type Problem } from '../../state/model/entity.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import type { Requester } from '../../state/model/requester.js';
import { readDeliveries } from '../../state/model/watcher-deliveries.js';
import type { Delivery, NamedDelivery } from '../../state/model/watcher-delivery.js';
import type { Session } from '../session.js';
import { DeliveryNotFound } from './errors.js';

/** Deliveries that one transaction puts in line again: all of them together must fit one request. */
const AT_ONCE = 50;

/**
 * Has deliveries that were given up tried again, from the first try on, by the watcher that leads or the next one.
 * @param id of an announcement, or how it begins; all that were given up where it is undefined
 * @param problems gets those that cannot be read
 * @returns those that are in line again
 * @throws DeliveryNotFound where none was given up that is called so
 */
export async function retryDeliveries(
  { coordinator }: Pick<Session, 'coordinator'>,
  id: string | undefined,
  by: Requester,
  problems: Problem[],
): Promise<readonly Delivery[]> {
  const dead = async (): Promise<readonly NamedDelivery[]> =>
    (await readDeliveries(coordinator, problems)).filter(({ delivery }) => delivery.state === 'dead');
  const chosen = (await dead())
    .filter(({ delivery, name }) => id === undefined || isCalled(id, delivery, name))
    .map(({ name }) => name);
  if (id !== undefined && chosen.length === 0) throw new DeliveryNotFound({ delivery: id });
  const again: Delivery[] = [];
  const asked = requestEntry(by, { what: 'retry-announcements', message: id ?? 'all' });
  for (let first = 0; first < chosen.length; first += AT_ONCE) {
    const names = new Set(chosen.slice(first, first + AT_ONCE));
    again.push(
      ...(await retryOnConflict('deliveries', async () => {
        const standing = (await dead()).filter(({ name }) => names.has(name));
        const at = by.requestedAt;
        const fresh = standing.map(({ delivery }): Delivery => {
          const { nextAt: _, lastAt: __, reason: ___, ...others } = delivery;
          return { ...others, queuedAt: at, state: 'waiting', tries: 0 };
        });
        // A later batch is of the same request.
        const record = first === 0 ? await recordEnvironmentOperations(coordinator, asked) : [];
        await coordinator.transaction([
          ...record,
          ...standing.map(({ name, version }, index) => ({
            kind: 'set' as const,
            path: paths.watcherDelivery(name),
            value: nodeValue(fresh[index]),
            version,
          })),
          // Whoever delivers observes it.
          { kind: 'set', path: paths.watcherDeliveries, value: nodeValue({ retriedAt: at }) },
        ]);
        return fresh;
      })),
    );
  }
  return again;
}

function isCalled(id: string, { announcement }: Delivery, name: string): boolean {
  return announcement.id.startsWith(id) || name === id;
}
