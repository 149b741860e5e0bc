import * as z from '../platform/zod.js';

/** What receivers are told of a service. Its id is the fingerprint of what it tells: told again, it has the same one. */
const announcementSchema = z.looseObject({
  id: z.string(),
  environment: z.string(),
  service: z.string(),
});

export type StoredAnnouncement = z.infer<typeof announcementSchema>;

/**
 * `/watcher/deliveries/<id>-<sink>`: an announcement on its way to one receiver. It is there before the watcher counts the
 * announcement as made, and goes some time after the receiver has acknowledged it; so it is delivered at least once, whoever
 * leads, and not again where the watcher that announced it was killed before it had noted that.
 */
export const deliverySchema = z.looseObject({
  sink: z.string(),
  /** ISO instants. */
  queuedAt: z.string(),
  announcement: announcementSchema,
  /** `waiting`; `delivered`; or `dead`: given up, until somebody has it tried again. */
  state: z.string(),
  tries: z.int().check(z.nonnegative()),
  /** When it is tried again; at once where it is absent. */
  nextAt: z.optional(z.string()),
  lastAt: z.optional(z.string()),
  /** Why the last try failed. */
  reason: z.optional(z.string()),
});

export type Delivery = z.infer<typeof deliverySchema>;

/** A delivery with the name of its node. */
export interface NamedDelivery {
  readonly name: string;
  readonly version: number;
  readonly delivery: Delivery;
}
