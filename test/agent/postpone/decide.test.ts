import assert from 'node:assert/strict';
import { decidePostponement, overText, type PostponeFacts } from '../../../agent/postpone/decide.js';
import type { CheckStanding } from '../../../agent/postpone/busy-check.js';
import type { OwnHold } from '../../../agent/postpone/own-word.js';
import { isLive, type Lease } from '../../../agent/postpone/leases.js';
import {
  defaultUpgradeRules,
  type UpgradeRules,
  upgradeRules,
} from '../../../state/formula/upgrade-rules.js';

const DAY = 86_400_000;
const now = Date.parse('2026-06-15T00:00:00Z');
const lease: Lease = { name: 'backup', pid: 12, startTime: '7', boot: 'b', since: now / 1_000 - 60 };

const hold: OwnHold = {
  since: '2026-06-14T00:00:00.000Z',
  until: '2026-06-20T00:00:00.000Z',
  reason: 'audit',
};

interface Row {
  readonly name: string;
  readonly leases: readonly Lease[];
  readonly check?: CheckStanding;
  readonly hold?: OwnHold;
  readonly rules?: Partial<UpgradeRules>;
  readonly whileBusy?: true;
  /** For how many days it is postponed already. */
  readonly days?: number;
  readonly goesAhead: boolean;
  readonly over?: number;
  readonly ends?: RegExp;
}

const rows: readonly Row[] = [
  { name: 'an idle unit goes ahead', leases: [], goesAhead: true },
  {
    name: 'a busy one waits',
    leases: [lease],
    goesAhead: false,
    ends: /by itself when that ends; at once: ensemble/,
  },
  {
    name: 'a busy one whose formula ignores that goes ahead',
    leases: [lease],
    rules: { busy: 'ignore' },
    goesAhead: true,
  },
  { name: 'by force it goes ahead, on record', leases: [lease], whileBusy: true, goesAhead: true, over: 1 },
  { name: 'it waits within its time', leases: [lease], days: 13.9, goesAhead: false, ends: /by itself/ },
  {
    name: 'after its time somebody is asked',
    leases: [lease],
    days: 14,
    goesAhead: false,
    ends: /as long as its formula allows/,
  },
  {
    name: 'after its time it waits on in silence',
    leases: [lease],
    days: 30,
    rules: { onTimeout: 'hold' },
    goesAhead: false,
    ends: /by itself/,
  },
  {
    name: 'within its time nothing is forced',
    leases: [lease],
    days: 1,
    rules: { onTimeout: 'force' },
    goesAhead: false,
  },
  {
    name: 'after its time it is forced, on record',
    leases: [lease],
    days: 14,
    rules: { onTimeout: 'force' },
    goesAhead: true,
    over: 1,
  },
  {
    name: 'its time is the formula’s',
    leases: [lease],
    days: 1,
    rules: { onTimeout: 'force', maxPostpone: DAY },
    goesAhead: true,
    over: 1,
  },
  {
    name: 'one whose hook says that it is busy waits',
    leases: [],
    check: { kind: 'busy', since: now },
    goesAhead: false,
    ends: /by itself when that ends; at once: ensemble/,
  },
  {
    name: 'one whose hook says so, beside a lease, waits for both',
    leases: [lease],
    check: { kind: 'busy', since: now },
    goesAhead: false,
  },
  {
    name: 'one whose hook failed waits',
    leases: [],
    check: { kind: 'unsure', since: now, failure: 'exit status 1', failures: 2 },
    goesAhead: false,
  },
  {
    name: 'one whose hook failed too often counts as idle, on record',
    leases: [],
    check: { kind: 'given-up', failure: 'exit status 1' },
    goesAhead: true,
    over: 1,
  },
  {
    name: 'one whose hook failed too often still waits for a lease',
    leases: [lease],
    check: { kind: 'given-up', failure: 'exit status 1' },
    goesAhead: false,
  },
  {
    name: 'its hook is not asked where the formula ignores all of it',
    leases: [],
    check: { kind: 'busy', since: now },
    rules: { busy: 'ignore' },
    goesAhead: true,
  },
  {
    name: 'one that holds itself waits, and says what ends that',
    leases: [],
    hold,
    goesAhead: false,
    ends: /^ensemble run f\/0 upgrade-proceed, or .*: ensemble upgrade-formula --revision 2 --force --unit f\/0 f$/,
  },
  {
    name: 'one that holds itself is not forced by the time for which it may be busy',
    leases: [],
    hold,
    days: 30,
    rules: { onTimeout: 'force' },
    goesAhead: false,
  },
  {
    name: 'one that holds itself, and ignores that it is busy, waits for the hold alone',
    leases: [],
    hold,
    rules: { busy: 'ignore' },
    goesAhead: false,
  },
  { name: 'one that is busy and holds itself says both', leases: [lease], hold, goesAhead: false },
  {
    name: 'by force it goes over both, on record',
    leases: [lease],
    hold,
    whileBusy: true,
    goesAhead: true,
    over: 2,
  },
  {
    name: 'after its time its hook is gone over, on record',
    leases: [],
    check: { kind: 'busy', since: now },
    days: 14,
    rules: { onTimeout: 'force' },
    goesAhead: true,
    over: 1,
  },
];

describe('whether an upgrade is postponed', () => {
  for (const { name, leases, check, hold, rules, whileBusy = false, days, goesAhead, over = 0, ends } of rows)
    it(name, () => {
      const facts: PostponeFacts = {
        unit: 'f/0',
        service: 'f',
        to: 'world:f-2',
        leases,
        check,
        hold,
        rules: { ...defaultUpgradeRules, ...rules },
        whileBusy,
        since: days === undefined ? undefined : new Date(now - days * DAY).toISOString(),
        now,
      };
      const decision = decidePostponement(facts);
      assert.deepEqual([decision.goesAhead, decision.over.length], [goesAhead, over]);
      assert.equal(
        decision.blockers.length,
        goesAhead
          ? 0
          : leases.length + (check === undefined || check.kind === 'given-up' ? 0 : 1) + (hold ? 1 : 0),
      );
      assert.deepEqual(decidePostponement(facts), decision, 'asked again it says the same');
      if (ends !== undefined) assert.match(decision.blockers[0]?.ends ?? '', ends);
    });

  it('says of each lease whose it is, since when, until when, and what ends it', () => {
    const timed = { ...lease, until: now / 1_000 + 60, reason: 'nightly' };
    const { blockers } = decidePostponement({
      unit: 'f/0',
      service: 'f',
      to: 'world:f-2',
      leases: [timed],
      rules: defaultUpgradeRules,
      whileBusy: false,
      since: undefined,
      now,
    });
    assert.deepEqual(blockers, [
      {
        kind: 'busy',
        who: 'lease backup, process 12',
        reason: 'f/0 is busy: backup, process 12 (nightly)',
        since: '2026-06-14T23:59:00.000Z',
        until: '2026-06-15T00:01:00.000Z',
        ends: 'it goes on by itself when that ends; at once: ensemble upgrade-formula --revision 2 --force --unit f/0 f',
      },
    ]);
    const { over } = decidePostponement({
      unit: 'f/0',
      service: 'f',
      to: 'world:f-2',
      leases: [timed],
      rules: defaultUpgradeRules,
      whileBusy: true,
      since: undefined,
      now,
    });
    assert.equal(overText(over), 'although busy: backup, process 12');
  });
});

describe('a lease', () => {
  const moment = { now, boot: 'b', find: (pid: number) => (pid === 12 ? { startTime: '7' } : undefined) };
  const lives: readonly (readonly [string, Partial<Lease>, boolean])[] = [
    ['stands while its process lives', {}, true],
    ['ends with its process', { pid: 13 }, false],
    ['is not that of another process of the same number', { startTime: '8' }, false],
    ['ends with the boot', { boot: 'a' }, false],
    ['stands until its time', { until: now / 1_000 + 1 }, true],
    ['ends at its time', { until: now / 1_000 }, false],
  ];
  for (const [name, change, expected] of lives)
    it(name, () => assert.equal(isLive({ ...lease, ...change }, moment), expected));
});

describe('what a formula says of upgrades', () => {
  it('is its defaults where it says nothing, or nothing that can be read', () => {
    for (const section of [undefined, null, {}, 'wait', { busy: 'never' }])
      assert.deepEqual(upgradeRules(section), defaultUpgradeRules);
  });

  it('is what it says', () => {
    assert.deepEqual(
      upgradeRules({
        busy: 'ignore',
        'new-work': 'block',
        'max-postpone': '2d',
        'on-timeout': 'force',
        other: 1,
      }),
      { busy: 'ignore', newWork: 'block', maxPostpone: 2 * DAY, onTimeout: 'force' },
    );
  });
});
