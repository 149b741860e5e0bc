import type { RelationRecord } from '../journal/relation-record.js';
import type { HookHost, RelationCall } from '../hook-runs/hook-call.js';
import { runHook } from '../hook-runs/run-hook.js';
import { keepLastSettings } from './last-settings.js';
import { begin, finish, nextEvent } from './queue.js';
import { untoldOfRelation } from './untold-history.js';

/** The current record of a relation: it changes while its hook runs, as more happens in the relation. */
interface RecordHolder {
  get(): RelationRecord;
  /** Makes `record` the current one and gives it back. */
  set(record: RelationRecord): RelationRecord;
}

/** The call for the hook of the relation's first event; undefined if nothing is queued. */
export function relationCall({
  relation,
  identifier,
  name,
  queue,
}: RelationRecord): RelationCall | undefined {
  const next = nextEvent(queue);
  if (next === undefined) return undefined;
  const { event, members } = next;
  return {
    number: relation,
    id: identifier,
    name,
    members,
    broken: event.kind === 'broken',
    ...(event.kind !== 'broken' && { remoteUnit: event.unit }),
  };
}

/** The record once its first event is through, or was resolved as if it were. */
export function through(record: RelationRecord): RelationRecord {
  return keepLastSettings({ ...record, attempts: 0, retry: null, queue: finish(record.queue) });
}

/** The hook of a relation's first event. */
export function relationHookName({ name, queue: { events } }: RelationRecord): string {
  return `${name}-relation-${events[0]?.kind}`;
}

/**
 * Runs the hook of a relation's first event and takes the event off the queue. That the event has begun is journalled
 * first, so that nothing is merged any more with what the hook is told; that it is through, together with the hook's
 * end.
 * @throws as `runHook`
 */
export async function runRelationHook(
  host: HookHost,
  record: RelationRecord,
  holder: RecordHolder,
): Promise<void> {
  const [event] = record.queue.events;
  const relation = relationCall(record);
  if (event === undefined || relation === undefined) return;
  if (!record.queue.begun) await host.save({}, holder.set({ ...record, queue: begin(record.queue) }));
  const name = relationHookName(record);
  if (host.record().hook === null && !(await host.mendFormula(name)))
    return host.save({}, holder.set(through(holder.get())));
  await runHook(host, {
    name,
    relation,
    attempts: {
      get: () => holder.get().attempts,
      set: (attempts) => holder.set({ ...holder.get(), attempts, retry: null }),
      putOff: (retry) => holder.set({ ...holder.get(), retry }),
    },
    through: () => ({
      // A hook that failed before is on record, and so is its end.
      ...(holder.get().attempts > 1 && {
        change: untoldOfRelation(host, record, { what: name, outcome: 'done' }),
      }),

      relation: holder.set(through(holder.get())),
    }),
  });
}
