import assert from 'node:assert/strict';
import { decide } from '../../../control/rollout/decide.js';
import type { Decision, RolloutWrite } from '../../../control/rollout/decision.js';
import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import type { RolloutParameters } from '../../../state/formula/rollout-parameters.js';
import { goalOf, type Rollout } from '../../../state/model/rollout.js';
import { ago, begun, flag, now, one, three, two, unitWith, upgrade } from './begun-rollout.js';

/**
 * Units in a few letters each, `web/0` first: `1` on the old formula, `2` there, `f` flagged, `u` under way, `E` failed,
 * `B` went back by itself, `e` in an error of before, `a` its agent is away, `2a` there and its agent is away, `F` flagged
 * for another revision by a rollout before, `n` has nothing installed, `s` there since five seconds, `r` there, with a
 * relation in error, `c`/`w`/`v` there, by its health-check healthy since five seconds, since twenty, unhealthy, `V` the same for too long, `q` on the old
 * formula and unhealthy, `k` asked long ago, and idle since five seconds, `ef` in an error of before and asked with all others, `2e` in an error of before on the new formula.
 */
function units(letters: string): readonly RolloutUnit[] {
  return letters.split(' ').map((letter, index) => ({ ...unit(letter), name: `web/${index}` }));
}

function unit(letter: string): Omit<RolloutUnit, 'name'> {
  const { name: _name, ...rests } = unitWith();
  switch (letter) {
    case '1':
      return rests;
    case '2':
      return { ...rests, formula: two };
    case '3':
      return { ...rests, formula: three };
    case 'f':
      return { ...rests, flag };
    case 'ef':
      return { ...rests, flag, state: 'upgrade-error', upgrade: { ...upgrade, to: three } };
    case 'u':
      return { ...rests, flag, state: 'upgrading', since: ago(20), upgrade };
    case 'p':
      return {
        ...rests,
        flag: { ...flag, requestedAt: ago(4_000) },
        upgrade: {
          ...upgrade,
          step: 'waiting',
          blockers: [{ kind: 'held', reason: 'held by bob', since: ago(4_000) }],
        },
      };
    case 'P':
    case 'Pa':
      return {
        ...rests,
        agentUp: letter === 'P',
        flag: { ...flag, requestedAt: ago(4_000) },
        upgrade: {
          ...upgrade,
          step: 'waiting',
          since: ago(4_000),
          blockers: [{ kind: 'busy', reason: 'a backup runs', since: ago(4_000) }],
        },
      };
    case 'k':
      return {
        ...rests,
        flag: { ...flag, requestedAt: ago(4_000) },
        upgrade: { ...upgrade, step: 'waiting', since: ago(4_000), waitedUntil: ago(5) },
      };
    case 'h':
      return {
        ...rests,
        flag: { ...flag, requestedAt: ago(400) },
        state: 'upgrading',
        since: ago(390),
        upgrade: { ...upgrade, since: ago(390) },
      };
    case 't':
      return {
        ...rests,
        flag: { ...flag, requestedAt: ago(400) },
        state: 'upgrading',
        since: ago(390),
        upgrade: {
          ...upgrade,
          since: ago(390),
          blockers: [{ kind: 'busy', reason: 'upgrade-formula runs again in a minute', since: ago(10) }],
        },
      };
    case 'g':
      return { ...rests, flag: { ...flag, requestedAt: ago(-1) } };
    case 'E':
      return { ...rests, flag, state: 'upgrade-error', since: ago(10), upgrade };
    case 'S':
      return { ...rests, formula: two, state: 'start-error', since: ago(10), message: 'exit 1' };
    case 'B':
      return { ...rests, since: ago(10), bad: [two] };
    case 'Bu':
      return { ...rests, state: 'upgrading', since: ago(10), bad: [two], upgrade: { ...upgrade, to: one } };
    case 'b':
      return { ...rests, bad: [two] };
    case 'e':
      return { ...rests, state: 'start-error' };
    case '2e':
      return { ...rests, formula: two, state: 'start-error' };
    case 'o':
      return { ...rests, state: 'start-error', flag: { ...flag, over: ago(3_600) } };
    case 'a':
      return { ...rests, agentUp: false };
    case '2a':
      return { ...rests, formula: two, agentUp: false };
    case 'F':
      return { ...rests, flag: { to: three, requestedAt: ago(30), rollout: 'r0' } };
    case 'U':
      return {
        ...rests,
        state: 'upgrading',
        flag: { to: three, requestedAt: ago(30), rollout: 'r0' },
        upgrade: { ...upgrade, to: three },
      };
    case 'n':
      return { ...rests, formula: null, state: 'installing', since: ago(5) };
    case 's':
      return { ...rests, formula: two, since: ago(5) };
    case 'r':
      return { ...rests, formula: two, since: ago(5), relationsInError: ['db:4'] };
    case 'c':
      return { ...rests, formula: two, health: { healthy: true, since: ago(5), reason: '' } };
    case 'w':
      return { ...rests, formula: two, health: { healthy: true, since: ago(20), reason: '' } };
    case 'v':
      return { ...rests, formula: two, health: { healthy: false, since: ago(5), reason: 'no page' } };
    case 'V':
      return { ...rests, formula: two, health: { healthy: false, since: ago(400), reason: 'no page' } };
    case 'q':
      return { ...rests, health: { healthy: false, since: ago(400), reason: 'no page' } };
    case 'l':
      return { ...rests, state: 'stopping', leaving: true };
    case 'H':
      return { ...rests, held: { kind: 'held', reason: 'held by bob', since: ago(60) } };
    case 'x':
      return { ...rests, damage: '/units/web-0 is damaged' };
    default:
      throw new Error(letter);
  }
}

/** What is written, in a few words. */
function said({ writes }: Decision): string {
  return writes.map(inWords).join(', ');
}

function inWords(write: RolloutWrite): string {
  switch (write.kind) {
    case 'flag':
      return `flag ${write.units.map(({ name }) => name.slice(4)).join(' ')}`;
    case 'unflag':
      return `unflag ${write.units.map((name) => name.slice(4)).join(' ')}`;
    case 'turn-back':
      return 'turn back';
    case 'close':
    case 'left':
      return write.kind;
    case 'clone':
      return write.step;
    case 'gate':
      return `gate ${write.gate}`;
    case 'state':
      return write.gate === undefined ? write.state : `${write.state} ${write.gate}`;
  }
}

const rows: readonly (readonly [
  rule: string,
  parameters: RolloutParameters,
  units: string,
  expected: string,
  rollout?: Partial<Rollout>,
])[] = [
  ['all units at once', { strategy: 'all' }, '1 1 1', 'flag 2 1 0'],
  ['all: also those in an error, and away', { strategy: 'all' }, '1 e a', 'flag 2 1 0'],
  ['all: one in an error is asked once, and waited for no more', { strategy: 'all' }, '2 ef 2', ''],
  ['all: one in an error on the goal is not asked', { strategy: 'all' }, '2e f 2', ''],
  ['a quarter, at least one; the highest number first', {}, '1 1 1', 'flag 2'],
  ['a quarter of eight', {}, '1 1 1 1 1 1 1 1', 'flag 7 6'],
  ['a number', { 'max-parallel': '3' }, '1 1 1 1', 'flag 3 2 1'],
  ['more than there are', { 'max-parallel': '30' }, '1 1', 'flag 1 0'],
  ['one after the other', {}, '1 1 f', ''],
  ['while one is under way', {}, '1 1 u', ''],
  ['the next one', {}, '1 1 2', 'flag 1'],
  ['one that is away counts', {}, '1 1 a 2', ''],
  ['two may be away', { 'max-parallel': '2' }, '1 1 a 2', 'flag 1'],
  ['one that is there, and away, counts', {}, '1 1 2a', ''],
  ['one whose agent is away is not asked', { 'max-parallel': '3' }, '1 a 1', 'flag 2 0'],
  ['one in an error counts, and waits for somebody', {}, '1 e 1 2', ''],
  ['by force, one in an error goes first', {}, '1 e 1 2', 'flag 1', { force: true }],
  ['by force, no more at once than may be', {}, 'e e e 2', 'flag 2', { force: true }],
  ['one that is forced out of an error has not begun', {}, '1 o 1 2', '', { force: true }],
  ['one that cannot be read keeps no other', {}, '1 x 1', 'flag 2'],
  ['one that leaves is none', {}, '1 1 l', 'flag 1'],
  ['one that installs takes its formula by itself', {}, '1 1 n', 'flag 1'],
  ['healthy for a while', { 'min-healthy': '10s' }, '1 1 s', ''],
  ['healthy for long enough', { 'min-healthy': '5s' }, '1 1 s', 'flag 1'],
  ['ten seconds by its health-check, where nobody says how long', {}, '1 1 c', ''],
  ['by its health-check for long enough', {}, '1 1 w', 'flag 1'],
  ['by its health-check for as long as somebody says', { 'min-healthy': '30s' }, '1 1 w', ''],
  ['at once where somebody says so', { 'min-healthy': '0s' }, '1 1 c', 'flag 1'],
  ['unhealthy by its health-check', {}, '1 1 v', ''],
  ['unhealthy by its health-check for too long', {}, '1 1 V', 'failed', long()],
  ['the canary is unhealthy', { canary: '1', 'on-failure': 'revert' }, '1 1 V', 'turn back', long()],
  ['one that was unhealthy before counts, and goes first', {}, '1 q 1', 'flag 1'],
  ['a relation in error is not healthy', {}, '1 1 r', ''],
  ['a flag of the rollout before is replaced', {}, '1 F F', 'flag 2, unflag 1'],
  ['a flag of the rollout before counts', { 'max-parallel': '2' }, '1 1 F', 'flag 2 1'],
  ['what is under way elsewhere is finished first', {}, '1 1 U', ''],
  ['one that is held is left out', { 'max-parallel': '3' }, '1 H 1', 'flag 2 0'],
  ['by force also one that is held', {}, '2 H 2', 'flag 1', { force: true }],
  ['all are there but those that are held', {}, '2 H 2', 'done'],
  ['all are there', {}, '2 2 2', 'done'],
  ['all are there, and one of those is away', {}, '2 2a 2', 'done'],
  ['all are there but those that went back before', {}, '2 b 2', 'done'],
  ['by force also those that went back', {}, '2 b 2', 'flag 1', { force: true }],
  ['the last one is not there yet', {}, '2 u 2', ''],
  ['without units', {}, 'l', 'done'],

  ['one failed', {}, '1 1 E', 'failed'],
  ['one failed after it', {}, '1 1 S', 'failed'],
  ['one went back by itself', {}, '1 1 B', 'failed'],
  ['one that is on its way back does not say yet why', {}, '1 1 Bu', ''],
  [
    'one that is healthy for not long enough gets further',
    { 'min-healthy': '30s', 'progress-deadline': '3s' },
    '1 1 s',
    '',
    { stateSince: ago(10), countedFrom: ago(10) },
  ],
  ['one is not healthy in time', {}, '1 1 h', 'failed', long()],
  ['the time is longer', { 'health-deadline': '10m' }, '1 1 h', '', long()],
  ['the time stands still while it is held', { 'progress-deadline': '2h' }, '1 1 p', ''],
  ['also that of the rollout, while it is busy', {}, '1 1 P', '', longer()],
  ['it begins anew when that is over', {}, '1 1 k', '', longer()],
  ['not while others only wait', {}, '1 e 2', 'failed', longer()],
  ['its agent is away, so it is not waited for', {}, '2 2 Pa', 'done', longer()],
  ['the time goes on while its upgrade hook is tried again and again', {}, '1 1 t', 'failed', long()],
  ['one that may fail holds nobody up', { 'max-failed': '1', 'max-parallel': '1' }, '1 1 1 E', 'flag 2'],
  ['nor does it count while others are away', { 'max-failed': '1', 'max-parallel': '1' }, '1 1 u E', ''],
  ['a share may fail', { 'max-failed': '25%' }, '1 1 E E', 'failed'],
  ['a share may fail, of more', { 'max-failed': '50%', 'max-parallel': '3' }, '1 1 E E', 'flag 1 0'],
  ['those that may fail keep none from being done', { 'max-failed': '1' }, '2 2 E', 'done'],
  ['failed, and it goes back', { 'on-failure': 'revert' }, '1 1 E', 'turn back'],
  ['nowhere to go back to', { 'on-failure': 'revert' }, '1 1 E', 'failed', { revertTo: two }],

  ['a canary', { canary: '1', 'max-parallel': '3' }, '1 1 1', 'flag 2'],
  ['two canaries, one after the other', { canary: '2' }, '1 1 1 1', 'flag 3'],
  ['the second one', { canary: '2' }, '1 1 1 2', 'flag 2'],
  ['canaries by name', { canary: 'web/0,web/2', 'max-parallel': '3' }, '1 1 1', 'flag 2 0'],
  [
    'another one in the place of a named one that is gone',
    { canary: 'web/0,web/7', 'max-parallel': '3' },
    '1 1 1',
    'flag 2 0',
  ],
  ['no more than are gone', { canary: 'web/0,web/7', 'max-parallel': '3' }, '1 2 1', 'flag 0'],
  ['a canary of which all are gone', { canary: 'web/7' }, '1 1 1', 'flag 2'],
  ['the one in its place is there', { canary: 'web/7' }, '1 1 2', 'paused canary'],
  ['the one in its place is not there yet', { canary: 'web/0,web/7' }, '2 1 u', ''],
  ['a named one that is still installed is not gone', { canary: 'web/0,web/2' }, 'n 1 2', 'paused canary'],
  ['another one in the place of one of two that was removed', { canary: '2' }, '1 1 2 l', 'flag 1'],
  ['the canary is not there yet', { canary: '1' }, '1 1 u', ''],
  ['the canary is there', { canary: '1' }, '1 1 2', 'paused canary'],
  ['canaries by name are there', { canary: 'web/0' }, '2 1 1', 'paused canary'],
  ['the canary’s agent is away', { canary: '1' }, '1 1 2a', ''],
  ['the canary fails', { canary: '1', 'max-failed': '2' }, '1 1 E', 'failed'],
  ['the canary is promoted', { canary: '1' }, '1 1 2', 'flag 1', { promoted: true }],
  ['while it waits', { canary: '1' }, '1 1 2', '', { state: 'paused', gate: 'canary' }],

  ['no pause yet', { 'pause-after': 'first', 'max-parallel': '2' }, '1 1 1 1', 'flag 3 2', { allowed: 2 }],
  ['after the first wave', { 'pause-after': 'first' }, '1 1 1 2', 'paused wave', { allowed: 1 }],
  ['not in the midst of it', { 'pause-after': 'all', 'max-parallel': '2' }, '1 1 u 2', '', { allowed: 2 }],
  ['not after the last wave', { 'pause-after': 'all' }, '2 2', 'done', { allowed: 2 }],

  ['paused', {}, '1 1 2', '', { state: 'paused', gate: 'operator' }],
  ['failed', {}, '1 1 E', '', { state: 'failed' }],
  ['failed, and somebody helped', {}, '2 2 2', 'done', { state: 'failed' }],
  [
    'failed, and a flag is left that leads elsewhere',
    {},
    '1 f 1',
    'unflag 1',
    { ...back(), state: 'failed' },
  ],
  ['begun by a clock that is a little ahead', {}, '1 1 2', 'flag 1', soon()],
  ['asked by a clock that is a little ahead', {}, '1 1 g', '', soon()],
  ['failed, and somebody helped one', {}, '1 2 2', '', { state: 'failed' }],
  ['somebody set the service elsewhere', {}, '1 1 2', 'superseded', { to: three }],
  ['the same while it is paused', {}, '1 1 2', 'superseded', { to: three, state: 'paused' }],
  ['aborted: what has not begun stays', {}, '1 f u', 'unflag 1', { state: 'aborted' }],
  ['aborted', {}, '1 1 2', 'close', { state: 'aborted' }],
  ['aborted, and nothing is left', {}, '1 1 2', '', { state: 'aborted', closed: true }],
  ['a state that is not known', {}, '1 1 2', '', { state: 'pondering' }],

  ['behind, and it returns', {}, '2 1 2', 'flag 1', { state: 'done' }],
  ['behind, and away', {}, '2 a 2', '', { state: 'done' }],
  ['behind, and still held', {}, '2 H 2', '', { state: 'done' }],
  ['none is behind any more', {}, '2 2 2', 'close', { state: 'done' }],
  ['behind, and the service is elsewhere', {}, '2 1 2', 'close', { state: 'done', to: three }],

  ['back: the lowest first', { 'max-parallel': '1' }, '2 2 1', 'flag 0', back()],
  ['back: those in an error first', {}, '2 2 E 1', 'flag 2', back()],
  ['back: no canary, no pause', { canary: '1' }, '2 2 2', 'flag 0', { ...back(), allowed: 1 }],
  ['back: what may still go forward counts as away', { 'max-parallel': '1' }, '2 f 2', 'unflag 1', back()],
  ['back: what has not begun', { 'max-parallel': '2' }, '1 f 1', 'unflag 1', back()],
  ['back: what has begun', {}, '1 u 1', 'flag 1', back()],
  ['back: all are', {}, '1 1 1', 'done', back()],
];

/** Under way for as long as a unit may be. */
function long(): Partial<Rollout> {
  return { stateSince: ago(500), countedFrom: ago(500) };
}

/** Under way for longer than a rollout may get no further. */
function longer(): Partial<Rollout> {
  return { stateSince: ago(4_000), countedFrom: ago(4_000) };
}

/** Begun this moment, by a clock that is a second ahead. */
function soon(): Partial<Rollout> {
  return { stateSince: ago(-1), countedFrom: ago(-1), requestedAt: ago(-1) };
}

/** On its way back to the old formula. */
function back(): Partial<Rollout> {
  return { state: 'reverting', revert: true, countedFrom: ago(1), stateSince: ago(1) };
}

describe('what is decided about a rollout', () => {
  for (const [rule, parameters, letters, expected, change = {}] of rows) {
    it(rule, () => {
      const rollout: Rollout = { ...begun, ...change, parameters: { ...parameters } };
      const goal = rollout.to === three ? two : rollout.revert === true ? one : rollout.to;
      assert.equal(said(decide(rollout, { formula: goal, units: units(letters) }, now)), expected);
    });
  }

  it('gives up when nothing gets further, and says what keeps it', () => {
    const old: Rollout = { ...begun, stateSince: ago(700), requestedAt: ago(700), countedFrom: ago(700) };
    const { writes } = decide(old, { formula: two, units: units('1 e 2') }, now);
    assert.deepEqual(writes, [
      {
        kind: 'state',
        state: 'failed',
        reason: 'nothing got further for 600 s: web/0: not its turn: web/1 first (max-parallel 25%)',
      },
    ]);
  });

  it('is done where all that is left is away, and names it', () => {
    const old: Rollout = { ...begun, stateSince: ago(700), countedFrom: ago(700) };
    const { writes } = decide(old, { formula: two, units: units('2 a 2') }, now);
    assert.deepEqual(writes, [{ kind: 'state', state: 'done', reason: 'web/1 is behind' }]);
  });

  it('waits for a unit that failed where it was to go and was asked again, until its time is over', () => {
    const asked: Rollout = { ...begun, stateSince: ago(5), countedFrom: ago(5), retriedFrom: ago(60) };
    const facts = { formula: two, units: units('2 S') };
    const { writes, units: judged, blockers } = decide(asked, facts, now);
    assert.deepEqual([writes, judged[1]?.standing], [[], 'asked']);
    assert.equal(blockers[0]?.reason, 'it is in start-error, and was asked to try again');
    const late = decide(asked, facts, now + 300_000);
    const reason = 'web/1 failed: not healthy within 300 s';
    assert.deepEqual(late.writes, [{ kind: 'state', state: 'failed', reason }]);
    // One that was in an error before the rollout began was asked nothing.
    const { writes: others } = decide(asked, { formula: two, units: units('2 2e') }, now);
    assert.deepEqual(others, [{ kind: 'state', state: 'done', reason: '', closed: true }]);
  });

  it('goes on by itself no more where all that is left is in an error of before', () => {
    const all: Rollout = { ...begun, parameters: { strategy: 'all' } };
    assert.ok(decide(all, { formula: two, units: units('2 ef 2') }, now).isStalled);
    assert.ok(!decide(all, { formula: two, units: units('2 f 2') }, now).isStalled);
  });

  for (const [rule, change, parameters, letters, expected] of [
    [
      'one within the budget is helped by itself',
      {},
      { 'max-failed': '1' },
      '1 E',
      'ensemble resolved --retry web/1',
    ],
    ['of one that failed it is tried again', { state: 'failed' }, {}, '1 E', 'ensemble rollout retry web'],
    [
      'nothing goes on of one that was aborted',
      { state: 'aborted' },
      {},
      '1 2',
      'ensemble upgrade-formula --revision 2 web',
    ],
    ['nor of a way back', { ...back(), state: 'aborted' }, {}, '1 2', 'ensemble revert-formula web'],
    ['nor of one that was superseded', { state: 'superseded' }, {}, '1 2', 'ensemble status'],
    [
      'nor of one that is done',
      { state: 'done', closed: true },
      {},
      '1 2',
      'ensemble upgrade-formula --revision 2 web',
    ],
    ['one on a later formula is taken back by itself', {}, {}, '3 2', 'ensemble revert-formula web/0'],
  ] as const)
    it(`names what helps: ${rule}`, () => {
      const rollout: Rollout = { ...begun, ...change, parameters: { ...parameters } };
      const { blockers } = decide(rollout, { formula: goalOf(rollout), units: units(letters) }, now);
      const ends = blockers.filter(({ kind }) => kind !== 'turn').map(({ ends: what }) => what);
      assert.deepEqual([...new Set(ends)], [expected]);
    });

  it('looks again in time', () => {
    const at = (letters: string, parameters: RolloutParameters = {}): number | undefined => {
      const { wakeAt } = decide(
        { ...begun, parameters: { ...parameters } },
        { formula: two, units: units(letters) },
        now,
      );
      return wakeAt === undefined ? undefined : (wakeAt - now) / 1_000;
    };
    assert.equal(at('1 1 s', { 'min-healthy': '10s' }), 5, 'when it is healthy for long enough');
    assert.equal(at('1 1 u'), 280, 'when it is to be healthy, from when it began');
    assert.equal(at('1 e 1'), 540, 'when nothing got further for too long');
  });

  it('says why a unit is not healthy', () => {
    const { blockers } = decide(begun, { formula: two, units: units('v V') }, now);
    assert.deepEqual(
      blockers.map(({ who, kind, reason }) => `${who} ${kind}: ${reason}`),
      ['web/0 health: not healthy yet: no page', 'web/1 health: not healthy yet: no page'],
    );
    const failed = decide({ ...begun, ...long() }, { formula: two, units: units('V') }, now);
    assert.match(
      failed.writes.map(({ kind, ...rest }) => ('reason' in rest ? rest.reason : kind)).join(),
      /within 300 s: no page$/,
    );
  });

  it('names what keeps each unit', () => {
    const { blockers } = decide(
      { ...begun, parameters: { 'max-parallel': '2' } },
      { formula: two, units: units('1 a e u r b') },
      now,
    );
    assert.deepEqual(
      blockers.map(({ who, kind, ends }) => `${who} ${kind}: ${ends}`),
      [
        'web/0 turn: it goes on by itself',
        'web/1 agent: its agent returns',
        'web/2 error: ensemble resolved --retry web/2',
        'web/3 upgrade: it goes on by itself',
        'web/4 relation-error: ensemble resolved --retry web/4 db:4',
        'web/5 bad: ensemble upgrade-formula --revision 2 --force web',
      ],
    );
  });

  it('names everything that a unit waits for', () => {
    const [asked] = units('P');
    const others = { kind: 'hook', reason: 'config-changed runs', since: ago(3), ends: 'its end' };
    assert.ok(asked?.upgrade);
    const { upgrade } = asked;
    const busy = { ...asked, upgrade: { ...upgrade, blockers: [...upgrade.blockers, others] } };
    const { blockers } = decide(begun, { formula: two, units: [busy] }, now);
    assert.deepEqual(
      blockers.map(({ who, kind, reason, ends }) => `${who} ${kind}: ${reason}, ${ends}`),
      ['web/0 busy: a backup runs, it goes on by itself', 'web/0 hook: config-changed runs, its end'],
    );
  });
});
