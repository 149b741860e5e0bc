import { createHash } from 'node:crypto';
import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { nodeValue, type Problem, parseSound } from './entity.js';
import { paths } from './paths.js';
import {
  type Delivery,
  deliverySchema,
  type NamedDelivery,
  type StoredAnnouncement,
} from './watcher-delivery.js';
import type { WatcherWrite } from './watcher-reports.js';

/** Deliveries that were given up and are kept; the oldest go first. */
const MOST_DEAD = 500;

/** Milliseconds for which one that was delivered is known, so that it is not when it is announced again. */
const KNOWN_FOR = 600_000;

/** The name of the node of one announcement for one receiver. */
function deliveryName(id: string, sink: string): string {
  // A text that is no name in the tree gets one.
  const safe = /^[\w.~-]{1,100}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
  return `${safe}-${sink}`;
}

/** All deliveries, in the order in which they were announced. @param problems gets those that cannot be read */
export async function readDeliveries(
  coordinator: Coordinator,
  problems: Problem[],
): Promise<readonly NamedDelivery[]> {
  const names = (await coordinator.children(paths.watcherDeliveries)) ?? [];
  const nodes = await coordinator.getMany(names.map(paths.watcherDelivery));
  return names
    .flatMap((name, index): NamedDelivery | readonly [] => {
      const found = parseSound(paths.watcherDelivery(name), deliverySchema, nodes[index], problems);
      return found === undefined ? [] : { name, version: found.version, delivery: found.value };
    })
    .sort((a, b) => Date.parse(a.delivery.queuedAt) - Date.parse(b.delivery.queuedAt));
}

/**
 * Puts an announcement in line for each of the sinks, in one transaction: when this resolves, whoever leads delivers it.
 * A delivery that is in line, or was made a moment ago, stays as it is; one that was given up is in line again.
 * @param at an ISO instant
 * @throws VersionConflict where another watcher leads by now, or where the same is queued at the same moment
 */
export async function queueDeliveries(
  { coordinator, guard }: WatcherWrite,
  announcement: StoredAnnouncement,
  sinks: readonly string[],
  at: string,
): Promise<void> {
  if (sinks.length === 0) return;
  const places = sinks.map((sink) => paths.watcherDelivery(deliveryName(announcement.id, sink)));
  const nodes = await coordinator.getMany(places);
  const operations = places.flatMap((path, index): readonly Operation[] => {
    const standing = parseSound(path, deliverySchema, nodes[index], []);
    if (standing !== undefined && standing.value.state !== 'dead') return [];
    const value = nodeValue({
      sink: sinks[index] ?? '',
      queuedAt: at,
      announcement,
      state: 'waiting',
      tries: 0,
    } satisfies Delivery);
    const node = nodes[index];
    return node === undefined
      ? [{ kind: 'create', path, value }]
      : [{ kind: 'set', path, value, version: node.version }];
  });
  if (operations.length === 0) return;
  await coordinator.transaction(guard === undefined ? operations : [guard, ...operations]);
}

/** Notes how a delivery stands. @throws VersionConflict, NodeNotFound where somebody else changed it */
export async function setDelivery(
  { coordinator, guard }: WatcherWrite,
  { name, version }: NamedDelivery,
  delivery: Delivery,
): Promise<NamedDelivery> {
  const path = paths.watcherDelivery(name);
  const set: Operation = { kind: 'set', path, value: nodeValue(delivery), version };
  await coordinator.transaction(guard === undefined ? [set] : [guard, set]);
  return { name, version: version + 1, delivery };
}

/** Forgets one. @throws VersionConflict, NodeNotFound */
export async function removeDelivery(
  { coordinator, guard }: WatcherWrite,
  { name, version }: NamedDelivery,
): Promise<void> {
  const remove: Operation = { kind: 'remove', path: paths.watcherDelivery(name), version };
  await coordinator.transaction(guard === undefined ? [remove] : [guard, remove]);
}

/**
 * The deliveries that need not be kept: made a while ago, or the oldest of too many that were given up.
 * @param now milliseconds since 1970
 */
export function spentDeliveries(deliveries: readonly NamedDelivery[], now: number): readonly NamedDelivery[] {
  const dead = deliveries.filter(({ delivery }) => delivery.state === 'dead');
  return [
    ...dead.slice(0, Math.max(0, dead.length - MOST_DEAD)),
    ...deliveries.filter(({ delivery }) => delivery.state === 'delivered' && !(spentIn(delivery, now) > 0)),
  ];
}

/** Milliseconds after which a delivered one is spent. */
export function spentIn({ lastAt = '' }: Delivery, now: number): number {
  // A clock that was set back keeps none for ever.
  return Math.min(Date.parse(lastAt) + KNOWN_FOR - now, KNOWN_FOR);
}
