import assert from 'node:assert/strict';
import {
  afterShowing,
  afterTelling,
  dueNotices,
  isLookDue,
  serviceDueAt,
  type Known,
  withoutOutdated,
} from '../../../cli/notices/due.js';
import { type KnownOffer, type NoticesOf, nothingKnown } from '../../../cli/notices/record.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);

const eligible = (revision: number): KnownOffer => ({ revision, class: 'eligible', urgent: null });
const questionable = (revision: number): KnownOffer => ({ revision, class: 'questionable', urgent: null });
const urgent = (revision: number): KnownOffer => ({ revision, class: 'eligible', urgent: 'security' });
const offering = (from: number, ...offers: KnownOffer[]): NoticesOf['offers'] => ({
  web: { formula: `r:web-${from}`, offers },
});
const nothingSeen: Known = { seen: new Map(), given: new Map() };

/** A command that is run `at` so many milliseconds, while the file knows `offers`; the revisions that it tells. */
interface Step {
  readonly at: number;
  readonly offers: NoticesOf['offers'];
  readonly tells: readonly number[];
  readonly seen?: string;
  readonly given?: string;
}

const rows: readonly { readonly rule: string; readonly steps: readonly Step[] }[] = [
  {
    rule: 'each revision is told once from one formula, however long after',
    steps: [
      { at: 0, offers: offering(1, eligible(2)), tells: [2] },
      { at: 1, offers: offering(1, eligible(2)), tells: [] },
      { at: 15 * DAY, offers: offering(1, eligible(2)), tells: [] },
      { at: 400 * DAY, offers: offering(1, eligible(2)), tells: [] },
    ],
  },
  {
    rule: 'nothing is told within 14 days of the last notice from the same formula',
    steps: [
      { at: 0, offers: offering(1, eligible(2)), tells: [2] },
      { at: 14 * DAY - 1, offers: offering(1, eligible(3)), tells: [] },
      { at: 14 * DAY, offers: offering(1, eligible(3)), tells: [3] },
      { at: 27 * DAY, offers: offering(1, eligible(4)), tells: [] },
      { at: 28 * DAY, offers: offering(1, eligible(4)), tells: [4] },
    ],
  },
  {
    rule: 'an upgrade begins it anew',
    steps: [
      { at: 0, offers: offering(1, eligible(2)), tells: [2] },
      { at: DAY, offers: offering(2, eligible(3)), tells: [3] },
    ],
  },
  {
    rule: 'who goes back to a formula is told nothing again that was told from it',
    steps: [
      { at: 0, offers: offering(1, eligible(2)), tells: [2] },
      { at: DAY, offers: offering(2, eligible(3)), tells: [3] },
      { at: 30 * DAY, offers: offering(1, eligible(2)), tells: [] },
    ],
  },
  {
    rule: 'a questionable revision that was told keeps no later one untold',
    steps: [
      { at: 0, offers: offering(1, questionable(9), eligible(2)), tells: [9, 2] },
      { at: 14 * DAY, offers: offering(1, questionable(9), eligible(3)), tells: [3] },
    ],
  },
  {
    rule: 'an urgent one is told at once, and again each day',
    steps: [
      { at: 0, offers: offering(1, eligible(2)), tells: [2] },
      { at: HOUR, offers: offering(1, urgent(3)), tells: [3] },
      { at: 2 * HOUR, offers: offering(1, urgent(3)), tells: [] },
      { at: 25 * HOUR - 1, offers: offering(1, urgent(3)), tells: [] },
      { at: 25 * HOUR, offers: offering(1, urgent(3)), tells: [3] },
      { at: 26 * HOUR, offers: offering(1, urgent(4)), tells: [4] },
    ],
  },
  {
    rule: 'an urgent one that is told each day keeps no other one untold',
    steps: [
      { at: 0, offers: offering(1, urgent(2)), tells: [2] },
      { at: DAY, offers: offering(1, eligible(3), urgent(2)), tells: [3, 2] },
      { at: 2 * DAY, offers: offering(1, eligible(4), urgent(2)), tells: [2] },
      { at: 15 * DAY, offers: offering(1, eligible(4), urgent(2)), tells: [4, 2] },
    ],
  },
  {
    rule: 'the command that gave it its formula tells nothing of it',
    steps: [
      { at: 0, offers: offering(1, eligible(2)), given: 'r:web-1', tells: [] },
      { at: 1, offers: offering(1, eligible(2)), tells: [2] },
    ],
  },
  {
    rule: 'nothing is told of a service that is seen to have another formula by now',
    steps: [
      { at: 0, offers: offering(1, urgent(2)), seen: 'r:web-2', tells: [] },
      { at: 1, offers: offering(1, urgent(2)), seen: 'r:web-1', tells: [2] },
    ],
  },
  {
    rule: 'a clock that was far ahead once silences nothing for longer',
    steps: [
      { at: 900 * DAY, offers: offering(1, eligible(2)), tells: [2] },
      { at: 0, offers: offering(1, eligible(3)), tells: [3] },
    ],
  },
];

/** The time that stands before a service in the file is that at which something comes due, at each hour of 16 days. */
function isQuietUntilDue(entry: NoticesOf, now: number): void {
  const until = serviceDueAt(entry, 'web', now);
  for (let at = now; at < now + 16 * DAY; at += HOUR) {
    const isDue = dueNotices(entry, nothingSeen, at).length > 0;
    assert.equal(at >= until, isDue, `${(at - now) / HOUR} hours later`);
  }
}

describe('when a notice is due', () => {
  for (const { rule, steps } of rows)
    it(rule, () => {
      let told: NoticesOf['told'] = {};
      for (const { at, offers, tells, seen, given } of steps) {
        const entry = { offers, told };
        const known: Known = {
          seen: new Map(seen === undefined ? [] : [['web', seen]]),
          given: new Map(given === undefined ? [] : [['web', given]]),
        };
        const due = dueNotices(entry, known, START + at);
        const revisions = due.flatMap((each) => each.offers.map(({ revision }) => revision));
        assert.deepEqual(revisions, tells, `after ${at / DAY} days`);
        told = afterTelling(entry, due, START + at).told;
        isQuietUntilDue({ offers, told }, START + at);
      }
    });

  it('is a matter of each service by itself, whatever it is called', () => {
    const offers = {
      ...offering(1, eligible(2)),
      constructor: { formula: 'r:web-1', offers: [eligible(2)] },
    };
    const due = dueNotices({ offers, told: {} }, nothingSeen, START);
    assert.deepEqual(
      due.map(({ service }) => service),
      ['web', 'constructor'],
    );
    const entry = afterTelling({ offers, told: {} }, due.slice(0, 1), START);
    assert.deepEqual(
      dueNotices(entry, nothingSeen, START).map(({ service }) => service),
      ['constructor'],
    );
  });

  it('remembers no more formulas than a service goes back to', () => {
    let entry: NoticesOf = nothingKnown;
    for (let from = 1; from <= 30; from += 1) {
      entry = { ...entry, offers: offering(from, eligible(from + 1)) };
      entry = afterTelling(entry, dueNotices(entry, nothingSeen, START), START);
    }
    assert.deepEqual(Object.keys(entry.told.web ?? {}).at(-1), 'r:web-30');
    assert.equal(Object.keys(entry.told.web ?? {}).length, 8);
  });

  it('does not tell what was shown to who asked, but a later revision without waiting', () => {
    const entry = { offers: offering(1, eligible(2), urgent(3)), told: {} };
    const due = dueNotices(entry, nothingSeen, START);
    const { told } = afterShowing(entry, due, START);
    assert.deepEqual(dueNotices({ ...entry, told }, nothingSeen, START + HOUR), []);
    const later = { told, offers: offering(1, eligible(4), urgent(3)) };
    const revisions = (at: number): readonly number[] =>
      dueNotices(later, nothingSeen, at).flatMap(({ offers }) => offers.map(({ revision }) => revision));
    assert.deepEqual(revisions(START + HOUR), [4]);
    assert.deepEqual(revisions(START + DAY), [4, 3], 'what is urgent comes again each day');
  });

  it('forgets what is known of a service that was given another formula', () => {
    const entry = { offers: offering(1, eligible(2)), told: {} };
    assert.equal(withoutOutdated(entry, new Map([['web', 'r:web-1']])), entry);
    assert.deepEqual(withoutOutdated(entry, new Map([['web', 'r:web-2']])).offers, {});
  });

  for (const [begun, checked, due] of [
    [undefined, undefined, true],
    [0, undefined, false],
    [0, 1, false],
    [-12 * HOUR, undefined, true],
    [-12 * HOUR + 2, undefined, false],
    [-13 * HOUR, -11 * HOUR, false],
    [HOUR, undefined, true],
  ] as const)
    it(`looks ${due ? 'again' : 'no more'} where one began at ${begun} and ended at ${checked}`, () => {
      const entry = {
        ...nothingKnown,
        ...(begun !== undefined && { begun: START + begun }),
        ...(checked !== undefined && { checked: START + checked }),
      };
      assert.equal(isLookDue(entry, START + 1), due);
    });
});
