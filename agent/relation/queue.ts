import { compareUnits } from '../../state/model/paths.js';
import type { RelationEvent, RelationQueue } from '../journal/relation-queue.js';
import { isSameVersion } from './settings-version.js';

type UnitEvent = Exclude<RelationEvent, { kind: 'broken' }>;

/**
 * Compares who is there, with which version of settings, with what was known, and queues the difference: departures,
 * arrivals, changes, each in the order of units. It does not matter how many changes lie in between, so those made
 * while the agent was down are seen as well.
 */
export function observeMembers(queue: RelationQueue, present: ReadonlyMap<string, number>): RelationQueue {
  if (queue.leaving) return queue;
  const gone = Object.keys(queue.known).filter((unit) => !present.has(unit));
  const units = [...present.keys()];
  const arrived = units.filter((unit) => !(unit in queue.known));
  // Any other version and not only a higher one: those of settings that were made anew begin again.
  const changed = units.filter(
    (unit) => unit in queue.known && !isSameVersion(queue.known[unit], present.get(unit)),
  );
  if (gone.length + arrived.length + changed.length === 0) return queue;
  const events = [
    ...gone.sort(compareUnits).map((unit) => ({ kind: 'departed', unit }) as const),
    ...arrived.sort(compareUnits).map((unit) => ({ kind: 'joined', unit }) as const),
    ...changed.sort(compareUnits).map((unit) => ({ kind: 'changed', unit }) as const),
  ];
  return { ...events.reduce(append, queue), known: Object.fromEntries(present) };
}

/** The unit leaves the relation: it is told that every member it knows departed, and then that the relation broke. */
export function leave(queue: RelationQueue): RelationQueue {
  if (queue.leaving) return queue;
  const departed = observeMembers(queue, new Map());
  return { ...departed, events: [...departed.events, { kind: 'broken' }], leaving: true };
}

/** The unit leaves a relation of which its hooks were never told: they are told nothing. */
export function forsake(queue: RelationQueue): RelationQueue {
  return { ...queue, known: {}, events: [], leaving: true };
}

/** The event to run next, and the members as of its moment. */
export function nextEvent(
  queue: RelationQueue,
): { readonly event: RelationEvent; readonly members: readonly string[] } | undefined {
  const [event] = queue.events;
  return event && { event, members: membersAfter(queue.delivered, event) };
}

/** From now on the first event is merged with nothing. */
export function begin(queue: RelationQueue): RelationQueue {
  return { ...queue, begun: true };
}

/**
 * The first event is through, or was resolved as if it were. After `joined`, `changed` for the same unit follows at
 * once, before anything else of the relation: it is where hooks first read the unit's settings.
 */
export function finish(queue: RelationQueue): RelationQueue {
  const [event, ...rest] = queue.events;
  if (event === undefined) return queue;
  const done = { ...queue, delivered: membersAfter(queue.delivered, event), begun: false };
  if (event.kind !== 'joined') return { ...done, events: rest };
  const others = rest.filter((other) => !(other.kind === 'changed' && other.unit === event.unit));
  return { ...done, events: [{ kind: 'changed', unit: event.unit, afterJoined: true }, ...others] };
}

/**
 * Queues one event, merged with the last queued one of the same unit: joined+changed is joined, joined+departed is
 * nothing, changed+changed is the first, changed+departed is departed, departed+joined is changed. A `changed` that is
 * owed after `joined` stays before a departure.
 */
function append(queue: RelationQueue, event: UnitEvent): RelationQueue {
  const from = queue.begun ? 1 : 0;
  const at = queue.events.findLastIndex((queued, index) => index >= from && isOf(queued, event.unit));
  const queued = queue.events[at];
  if (queued === undefined || !isOf(queued, event.unit))
    return { ...queue, events: [...queue.events, event] };
  const others = queue.events.toSpliced(at, 1);
  switch (`${queued.kind}+${event.kind}`) {
    case 'joined+departed':
      return { ...queue, events: others };
    case 'changed+departed':
      return { ...queue, events: [...(queued.afterJoined ? queue.events : others), event] };
    case 'departed+joined':
      return append({ ...queue, events: others }, { kind: 'changed', unit: event.unit });
    default:
      return queue;
  }
}

function isOf(event: RelationEvent, unit: string): event is UnitEvent {
  return event.kind !== 'broken' && event.unit === unit;
}

function membersAfter(members: readonly string[], event: RelationEvent): readonly string[] {
  switch (event.kind) {
    case 'joined':
      return members.includes(event.unit) ? members : [...members, event.unit].sort(compareUnits);
    case 'departed':
      return members.filter((unit) => unit !== event.unit);
    default:
      return members;
  }
}
