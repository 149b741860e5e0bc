import type { RelatedWord } from '../../state/model/related-upgrade.js';
import type { UnitRecord } from '../journal/record.js';

/** Milliseconds for which all related units together may hold the upgrade of a unit, since the first of them was asked. */
export const LONGEST_OF_OTHERS = 48 * 3_600_000;

/** Milliseconds in which the agent of a related unit must have taken up what it is asked; silence proceeds. */
export const TAKEN_UP_WITHIN = 30_000;

/** Milliseconds in which a related unit that was asked must have answered; silence proceeds. Its hook has ten minutes. */
export const ANSWERED_WITHIN = 15 * 60_000;

/** What a unit asked of those it is related to, as its journal has it. */
export type Asks = NonNullable<UnitRecord['asks']>;

/** A related unit that keeps an upgrade waiting; instants in ISO. */
export interface RelatedWait {
  readonly unit: string;
  /** The number of the relation. */
  readonly relation: string;
  /** `asked`: it has not answered; `held`: it holds the upgrade; `unread`: its answer is there, and not read yet. */
  readonly kind: 'asked' | 'held' | 'unread';
  readonly since: string;
  readonly until: string;
  /** Why it holds, where it said so. */
  readonly reason?: string;
}

/** Until when related units may hold an upgrade. @param since when the first of them was asked */
export function deadlineOfOthers(since: string): string {
  return new Date(Date.parse(since) + LONGEST_OF_OTHERS).toISOString();
}

/**
 * Which related units keep an upgrade waiting now: pure, from what was asked and what is known of the answers. A hold counts
 * from the moment that it is known, an answer without one and silence proceed, and after the time that all of them have together
 * none counts.
 * @param words by unit; null of one that was not read yet
 * @param now milliseconds since 1970
 */
export function relatedWaits(
  asks: Asks,
  words: ReadonlyMap<string, RelatedWord | null>,
  now: number,
): readonly RelatedWait[] {
  const deadline = deadlineOfOthers(asks.since);
  return Object.entries(asks.units).flatMap(([unit, { id, relation, at }]): RelatedWait[] => {
    const found = words.get(unit);
    const wait = { unit, relation, since: at };
    // A moment: what stands there may be a hold that an agent before this one knew.
    if (found === null) return [{ ...wait, kind: 'unread', until: deadline }];
    const word = found?.ask === id ? found : undefined;
    if (word?.hold !== undefined) {
      const { since, until, reason } = word.hold;
      const isEmpty = reason === '';
      return within(now, deadline, {
        ...wait,
        kind: 'held',
        since,
        until: earlier(until, deadline),
        ...(!isEmpty && { reason }),
      });
    }
    if (word?.answered === true) return [];
    const limit = Date.parse(at) + (word === undefined ? TAKEN_UP_WITHIN : ANSWERED_WITHIN);
    const until = earlier(new Date(limit).toISOString(), deadline);
    return within(now, deadline, { ...wait, kind: 'asked', until });
  });
}

function within(now: number, deadline: string, wait: RelatedWait): RelatedWait[] {
  return Date.parse(earlier(wait.until, deadline)) > now ? [wait] : [];
}

function earlier(one: string, other: string): string {
  return Date.parse(one) <= Date.parse(other) ? one : other;
}
