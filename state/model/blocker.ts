import * as z from '../platform/zod.js';

/**
 * The kinds of things that an upgrade waits for:
 * - `turn`: other units go first; `canary`, `wave`: somebody's word after the first wave, or after this one
 * - `paused`: a rollout that was paused; `failed`: one that failed
 * - `held`: by an operator, or by a formula for itself or for another; `busy`: the unit is at something else
 * - `agent`: no agent works on its machine; `error`, `relation-error`: the unit's own; `health`: not healthy yet
 * - `install`, `upgrade`: the unit is at it; `bad`: it went back from the formula; `unreadable`: its nodes cannot be read
 * - `lockstep`: the others of its service, with which it goes; `clone`: somebody's word on the clone, or what is in its way
 * - `relation`: it leaves a relation first; `storage`, `coordinator`: one that does not answer
 * - `back-off`: the formula failed on it; `other`: anything that its reason says
 */
const blockerKinds = [
  'turn',
  'canary',
  'wave',
  'paused',
  'failed',
  'held',
  'busy',
  'agent',
  'error',
  'relation-error',
  'relation',
  'health',
  'install',
  'upgrade',
  'bad',
  'unreadable',
  'lockstep',
  'clone',
  'storage',
  'coordinator',
  'back-off',
  'other',
] as const;

export type BlockerKind = (typeof blockerKinds)[number];

/**
 * Why an upgrade does not go on, as a unit's status and a rollout's tell it. Agents of release 0.1.0 tell the reason, and
 * since when, alone.
 */
export const blockerSchema = z.looseObject({
  /** One of `blockerKinds`, or what a later release says. */
  kind: z.optional(z.string()),
  /** Who or what keeps it: a person, a unit, a machine, a lease. */
  who: z.optional(z.string()),
  /** In an operator's words; names who. */
  reason: z.string(),
  /** Where the reason ends with what `ends` says: what stands before it. */
  brief: z.optional(z.string()),
  /** ISO instants. */
  since: z.string(),
  /** When it goes on by itself at the latest, where that is known. */
  until: z.optional(z.string()),
  /** The end of it: a command, or in words what has to happen. */
  ends: z.optional(z.string()),
});

export type Blocker = z.infer<typeof blockerSchema>;

/** A blocker but for the time since when it is one. */
export interface BlockerWords {
  readonly kind: BlockerKind;
  readonly who?: string;
  readonly reason: string;
  readonly brief?: string;
  readonly ends?: string;
}
