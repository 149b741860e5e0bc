import { randomUUID } from 'node:crypto';
import * as z from '../platform/zod.js';
import { boundedDetails, boundedLine } from './history-bounds.js';
import type { RequestKind } from './history-kinds.js';
import { incarnationField } from './incarnation.js';
import type { Requester } from './requester.js';

/** Something that was asked of a service or a unit, or that came of it. */
export const historyEntrySchema = z.looseObject({
  id: z.string(),
  /** ISO instant: when it was asked, or when it was over. */
  at: z.string(),
  /** A kind of request or event, or the name of a relation's hook; or what a later release says. */
  what: z.string(),
  /** `asked`: what came of it is told by entries of the units. Else `done` or `failed`; or what a later release says. */
  outcome: z.string(),
  unit: z.optional(z.string()),
  /** Which life it is about: of the unit whose entry it is, or of the service on whose record it is. */
  ...incarnationField,
  /** `user@host`, where it is known. */
  by: z.optional(z.string()),
  /** The account that the command ran as, where that is another one than `by` names. */
  as: z.optional(z.string()),
  /** Formula ids. */
  from: z.optional(z.string()),
  to: z.optional(z.string()),
  /** Milliseconds. */
  took: z.optional(z.number()),
  message: z.optional(z.string()),
  /** A request's number in the environment, by which requests are in order. Release 0.1.0 gave none. */
  order: z.optional(z.int().check(z.nonnegative())),
  /** For a unit's entry: the number of the last request that was on record before it. */
  after: z.optional(z.int().check(z.nonnegative())),
  /** Fields for programs, others for each kind; bounded as `boundedDetails` says. No secrets. */
  details: z.optional(z.record(z.string(), z.unknown())),
});

/** `/history/<service>`, written by who asks, and `/history/<service>/<unit>`, written by the unit's agent. */
export const historySchema = z.looseObject({ entries: z.array(historyEntrySchema) });

export type HistoryEntry = z.infer<typeof historyEntrySchema>;

/** The parts of an entry before it is made; see there. */
export interface Event {
  readonly at: string;
  readonly what: string;
  readonly outcome: 'asked' | 'done' | 'failed';
  readonly unit?: string | undefined;
  readonly by?: string | undefined;
  readonly as?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly took?: number | undefined;
  readonly message?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** A request, as it goes on record. */
interface RequestEvent extends Omit<Event, 'at' | 'by' | 'as' | 'outcome'> {
  readonly what: RequestKind;
}

/** An entry with an id of its own, and its texts and details bounded. */
export function newEntry({ message, details, ...event }: Event): HistoryEntry {
  const bounded = {
    ...event,
    message: message === undefined ? undefined : boundedLine(message),
    details: details === undefined ? undefined : boundedDetails(details),
  };
  const fields = Object.entries(bounded).filter(([, value]) => value !== undefined);
  return historyEntrySchema.parse({ id: randomUUID(), ...Object.fromEntries(fields) });
}

/**
 * Makes the entry that says what was asked, and by whom. Make it once, even if the request is tried often, so that it
 * is on record once.
 */
export function requestEntry({ requestedAt: at, by, as }: Requester, request: RequestEvent): HistoryEntry {
  return newEntry({ ...request, at, by, as, outcome: 'asked' });
}

/** The entry as one about this life of a unit or service. */
export function ofLife(
  entry: HistoryEntry,
  { incarnation }: { readonly incarnation?: string | undefined },
): HistoryEntry {
  return incarnation === undefined ? entry : { ...entry, incarnation };
}
