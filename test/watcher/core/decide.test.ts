import assert from 'node:assert/strict';
import type { Hold } from '../../../state/model/hold.js';
import type { Rollout } from '../../../state/model/rollout.js';
import type { WrittenPolicy } from '../../../state/model/upgrade-policy.js';
import type { WatcherFingerprint } from '../../../state/model/watcher.js';
import { decide } from '../../../watcher/core/decide.js';
import { fingerprintOf, type Seen } from '../../../watcher/core/seen.js';
import { type Offer, seen } from './seeing.js';

/** A Sunday, 12:00 UTC. */
const NOW = Date.UTC(2026, 10, 29, 12);
const rollout = (
  to: string,
  state: Rollout['state'],
  failures: Rollout['failures'] = {},
): NonNullable<Seen['rollout']> => ({ to, state, stateSince: '2026-01-01T00:00:00.000Z', failures });
const hold = (level: string, unit?: string): Hold => ({
  holder: 'ann@a',
  since: '2026-11-01T00:00:00Z',
  level,
  reason: 'disks',
  ...(unit !== undefined && { unit }),
});
const auto: WrittenPolicy = { mode: 'auto' };
const sunday: WrittenPolicy = { mode: 'auto', windows: ['Sun 02:00-06:00'], zone: 'UTC' };
const noon: WrittenPolicy = { mode: 'auto', windows: ['Sun 11:00-13:00'], zone: 'UTC' };

/** What is decided, in short: `announce`, `stage 2`, `begin 2`, `waits: why`. */
interface Row {
  readonly title: string;
  readonly offers: readonly Offer[] | { readonly why: string };
  readonly policy?: WrittenPolicy;
  readonly more?: Partial<Pick<Seen, 'holds' | 'rollout'>>;
  readonly stored?: Partial<WatcherFingerprint>;
  readonly decided: readonly (string | RegExp)[];
}

const rows: readonly Row[] = [
  { title: 'nothing newer is nothing to be done', offers: [], decided: [] },
  { title: 'something eligible is told', offers: ['2e'], decided: ['announce'] },
  { title: 'something questionable is told', offers: ['2q'], decided: ['announce'] },
  { title: 'something ineligible is not told', offers: ['2i'], decided: [] },
  {
    title: 'a repository that cannot be asked has nothing done',
    offers: { why: 'away' },
    policy: auto,
    decided: [],
  },
  { title: 'off does nothing', offers: ['2eu'], policy: { mode: 'off' }, decided: [] },
  {
    title: 'a mode of a later release tells',
    offers: ['2e'],
    policy: { mode: 'later' },
    decided: ['announce'],
  },
  {
    title: 'stage stages the eligible one, not the higher one',
    offers: ['2e', '3q'],
    policy: { mode: 'stage' },
    decided: ['announce', 'stage 2'],
  },
  {
    title: 'what is staged is not staged again',
    offers: ['2e'],
    policy: { mode: 'stage' },
    stored: { staged: 'r:f-2' },
    decided: ['announce'],
  },
  { title: 'auto begins', offers: ['2e', '3e'], policy: auto, decided: ['announce', 'begin 3'] },
  {
    title: 'auto takes what is behind something questionable',
    offers: ['2e', '3b'],
    policy: auto,
    decided: ['announce', 'begin 2'],
  },
  {
    title: 'auto takes nothing that is only questionable',
    offers: ['2q'],
    policy: auto,
    decided: ['announce'],
  },
  {
    title: 'auto of any line takes another line',
    offers: ['2q'],
    policy: { ...auto, lines: 'any' },
    decided: ['announce', 'begin 2'],
  },
  {
    title: 'auto of any line takes nothing that breaks something',
    offers: ['2b'],
    policy: { ...auto, lines: 'any' },
    decided: ['announce'],
  },
  {
    title: 'before its window it stages and waits',
    offers: ['2e'],
    policy: sunday,
    decided: ['announce', 'stage 2', 'waits: its window opens at 2026-12-06T02:00:00.000Z'],
  },
  { title: 'within its window it begins', offers: ['2e'], policy: noon, decided: ['announce', 'begin 2'] },
  {
    title: 'what is urgent does not wait for the window',
    offers: ['2eu'],
    policy: sunday,
    decided: ['announce', 'begin 2'],
  },
  {
    title: 'nor does what comes after something urgent',
    offers: ['2eu', '3e'],
    policy: sunday,
    decided: ['announce', 'begin 3'],
  },
  {
    title: 'but what comes after something urgent that may not be taken does',
    offers: ['2bu', '3e'],
    policy: sunday,
    decided: ['announce', 'stage 3', /window opens/],
  },
  {
    title: 'unless that is said',
    offers: ['2eu'],
    policy: { ...sunday, urgent: 'in-window' },
    decided: ['announce', 'stage 2', /window opens/],
  },
  {
    title: 'a window that cannot be read opens never',
    offers: ['2e'],
    policy: { ...auto, windows: ['someday'] },
    decided: ['announce', 'stage 2', /none of its windows/],
  },
  {
    title: 'a hold is respected',
    offers: ['2e'],
    policy: auto,
    more: { holds: [hold('all')] },
    decided: ['announce', 'stage 2', 'waits: held by ann@a: disks'],
  },
  {
    title: 'so is a hold of programs alone',
    offers: ['2e'],
    policy: auto,
    more: { holds: [hold('auto')] },
    decided: ['announce', 'stage 2', /held/],
  },
  {
    title: 'and one on a unit of programs alone',
    offers: ['2eu'],
    policy: auto,
    more: { holds: [hold('auto', 's/1')] },
    decided: ['announce', 'stage 2', /s\/1 is held/],
  },
  {
    title: 'units that are held from all are left out by the rollout',
    offers: ['2e'],
    policy: auto,
    more: { holds: [hold('all', 's/1')] },
    decided: ['announce', 'begin 2'],
  },
  {
    title: 'a rollout that is under way is not superseded',
    offers: ['3e'],
    policy: auto,
    more: { rollout: rollout('r:f-2', 'running') },
    decided: ['announce', 'stage 3', 'waits: a rollout to r:f-2 is running'],
  },
  {
    title: 'one that failed is, by a newer revision',
    offers: ['3e'],
    policy: auto,
    more: { rollout: rollout('r:f-2', 'failed') },
    decided: ['announce', 'begin 3'],
  },
  {
    title: 'a way back that failed is not: somebody has to look',
    offers: ['3e'],
    policy: auto,
    more: { rollout: { ...rollout('r:f-2', 'failed'), revert: true } },
    decided: ['announce', 'stage 3', /is failed/],
  },
  {
    title: 'nobody is told of what somebody upgrades to already',
    offers: ['2e'],
    policy: auto,
    more: { rollout: { ...rollout('r:f-2', 'running'), by: 'ann@a' } },
    decided: ['waits: its rollout is running'],
  },
  {
    title: 'nor where that is paused, and the watcher began it, of which it says no more than that',
    offers: ['2e'],
    policy: auto,
    more: { rollout: { ...rollout('r:f-2', 'paused'), by: 'ensemble-watcher@a' } },
    stored: { begun: 'r:f-2' },
    decided: ['waits: its rollout is paused'],
  },
  {
    title: 'of something higher than what is on its way everybody is told',
    offers: ['2e', '3e'],
    policy: auto,
    more: { rollout: rollout('r:f-2', 'running') },
    decided: ['announce', 'stage 3', 'waits: a rollout to r:f-2 is running'],
  },
  {
    title: 'and of what somebody upgraded to in vain',
    offers: ['2e'],
    policy: auto,
    more: { rollout: rollout('r:f-2', 'failed') },
    decided: ['announce', 'stage 2', 'waits: its rollout is failed'],
  },
  {
    title: 'a revision whose rollout was ended is not begun again',
    offers: ['2eu'],
    policy: auto,
    more: { rollout: rollout('r:f-2', 'aborted') },
    decided: ['announce', 'stage 2', 'waits: its rollout is aborted'],
  },
  {
    title: 'a rollout that is done keeps nothing',
    offers: ['3e'],
    policy: auto,
    more: { rollout: rollout('r:f-2', 'done') },
    decided: ['announce', 'begin 3'],
  },
  {
    title: 'a revision that failed not long ago is not tried by itself, whatever rollout came after it',
    offers: ['3e'],
    policy: auto,
    more: {
      rollout: rollout('r:f-1', 'done', {
        'r:f-3': { times: 1, at: new Date(NOW).toISOString(), reason: 's/0 failed: exit 1' },
      }),
    },
    decided: ['announce', 'stage 3', /r:f-3 failed at .*: s\/0 failed: exit 1/],
  },
  {
    title: 'what the watcher began once it does not begin again',
    offers: ['2eu'],
    policy: auto,
    stored: { begun: 'r:f-2' },
    decided: ['announce', /began that before/],
  },
  {
    title: 'nor what one began that was killed before it noted that: the rollout says it',
    offers: ['2e'],
    policy: auto,
    more: { rollout: { ...rollout('r:f-2', 'done'), by: 'ensemble-watcher@a' } },
    decided: ['begun r:f-2', 'announce', /began that before/],
  },
  {
    title: 'what somebody else began it may begin too',
    offers: ['2e'],
    policy: auto,
    more: { rollout: { ...rollout('r:f-2', 'done'), by: 'ann@a' } },
    decided: ['announce', 'begin 2'],
  },
  {
    title: 'but a newer one it does',
    offers: ['2e', '3e'],
    policy: auto,
    stored: { begun: 'r:f-2' },
    decided: ['announce', 'begin 3'],
  },
];

describe('what the watcher decides', () => {
  for (const { title, offers, policy, more, stored, decided } of rows)
    it(title, () => {
      const before = stored && { fingerprint: '', at: '', announced: [], ...stored };
      const { announce, stage, begin, begun, deferred } = decide(seen(offers, policy, more), before, NOW);
      const said = [
        ...(begun === undefined ? [] : [`begun ${begun}`]),
        ...(announce ? ['announce'] : []),
        ...(stage === undefined ? [] : [`stage ${stage.revision}`]),
        ...(begin === undefined ? [] : [`begin ${begin.revision}`]),
        ...(deferred === undefined ? [] : [`waits: ${deferred.why}`]),
      ];
      assert.equal(said.length, decided.length, said.join());
      for (const [index, words] of decided.entries())
        if (typeof words === 'string') assert.equal(said[index], words);
        else assert.match(said[index] ?? '', words);
    });

  it('is nothing once that was announced', () => {
    const offered = seen(['2e'], undefined);
    const fingerprint = fingerprintOf(offered) ?? '';
    const told = { fingerprint, at: '', announced: [fingerprint] };
    assert.equal(decide(offered, told, NOW).announce, false);
  });
});

describe('a fingerprint', () => {
  const base = () => seen(['2e', '3q'], auto);
  const others: readonly (readonly [string, Seen])[] = [
    ['formula', seen(['3e', '4q'], auto, { deployed: 2 })],
    ['best revision', seen(['2e', '3q', '4e'], auto)],
    ['policy', seen(['2e', '3q'], sunday)],
    ['holds', seen(['2e', '3q'], auto, { holds: [hold('all')] })],
    [
      'contents',
      {
        ...base(),
        digests: new Map([
          [2, 'another'],
          [3, '3q'],
        ]),
      },
    ],
  ];
  for (const [what, other] of others)
    it(`is another one for another ${what}`, () =>
      assert.notEqual(fingerprintOf(base()), fingerprintOf(other)));

  it('is the same whatever stands behind the best, and in whatever order holds come', () => {
    assert.equal(fingerprintOf(seen(['2e', '1e', '3q'], auto)), fingerprintOf(base()));
    const holds = [hold('all', 's/0'), hold('all', 's/1')];
    assert.equal(
      fingerprintOf(seen(['2e'], auto, { holds })),
      fingerprintOf(seen(['2e'], auto, { holds: holds.toReversed() })),
    );
  });

  it('goes by no hold where the watcher only tells', () =>
    assert.equal(
      fingerprintOf(seen(['2e'], undefined)),
      fingerprintOf(seen(['2e'], undefined, { holds: [hold('all')] })),
    ));

  it('is none where nothing is known', () =>
    assert.equal(fingerprintOf(seen({ why: 'away' }, auto)), undefined));
});
