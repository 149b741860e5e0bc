/** Something that happened in a relation, as a hook will be told. `broken` has no unit: everybody has departed. */
export type RelationEvent =
  | {
      readonly kind: 'joined' | 'changed' | 'departed';
      readonly unit: string;
      /** Marks the `changed` that a `joined` which is through calls for, and that no departure takes away. */
      readonly afterJoined?: true;
    }
  | { readonly kind: 'broken' };

/**
 * The events of one relation that a unit still has to be told: docs/architecture.md, “Relations”. Plain data for the
 * journal; each function of `relation/queue.ts` returns a new one.
 */
export interface RelationQueue {
  /** The members its hooks know of: as of the last event that is through. In the units’ order. */
  readonly delivered: readonly string[];
  /** Everybody who is there as far as was seen, with the version of their settings; what queued events lead to. */
  readonly known: Readonly<Record<string, number>>;
  readonly events: readonly RelationEvent[];
  /** True if the first event has begun: from then on it is merged with nothing, also if its hook failed. */
  readonly begun: boolean;
  /** Whether the unit leaves: what happens from then on is no longer its business. */
  readonly leaving: boolean;
}

export const emptyQueue: RelationQueue = {
  delivered: [],
  known: {},
  events: [],
  begun: false,
  leaving: false,
};
