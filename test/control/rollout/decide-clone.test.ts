import assert from 'node:assert/strict';
import type { CloneFacts, CloneRelation } from '../../../control/rollout/clone-facts.js';
import { decide } from '../../../control/rollout/decide.js';
import type { Decision } from '../../../control/rollout/decision.js';
import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import { afterVerb } from '../../../control/rollout/verbs.js';
import type { RolloutParameters } from '../../../state/formula/rollout-parameters.js';
import type { Rollout } from '../../../state/model/rollout.js';

const [one, two, three] = ['principia:web-1', 'principia:web-2', 'principia:web-3'] as const;
const now = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number): string => new Date(now - seconds * 1_000).toISOString();

const begun: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: one,
  to: two,
  revertTo: one,
  by: 'ann@host',
  requestedAt: ago(60),
  parameters: { strategy: 'clone' },
  state: 'running',
  stateSince: ago(60),
  countedFrom: ago(60),
  clone: { service: 'web-r2', made: true },
};

const none: CloneFacts = {
  source: 'web',
  is: 'none',
  isGoing: false,
  formula: null,
  unmade: 0,
  standing: 0,
  leaving: 0,
  sourceIsGoing: false,
  sourceIsExposed: false,
  unasked: [],
  relations: [],
};
const own: CloneFacts = { ...none, is: 'own', formula: two };

/** The relations of the source: `t` the clone has the same, `m` it may, `l` later, `n` never; in capitals: it leaves it. */
function related(letters: string): readonly CloneRelation[] {
  const KINDS = { t: 'there', m: 'missing', l: 'later', n: 'none' } as const;
  return [...letters].map((letter, index) => ({
    number: String(index),
    other: 'lb',
    isLeaving: letter !== letter.toLowerCase(),
    clone: KINDS[letter.toLowerCase() as keyof typeof KINDS],
  }));
}

/** The clone's units: `n` installing, `E` the install hook failed, `2` there, `s` in a start error, `a` its agent is away. */
function unit(letter: string): Omit<RolloutUnit, 'name'> {
  const rests = {
    formula: two,
    agentUp: letter !== 'a',
    machine: 'm1',
    state: 'started',
    since: ago(50),
    message: '',
    bad: [],
    relationsInError: [],
    leaving: false,
  };
  if (letter === 'n') return { ...rests, formula: null, state: 'installing' };
  if (letter === 'E') return { ...rests, formula: null, state: 'install-error', message: 'exit 1' };
  if (letter === 's') return { ...rests, state: 'start-error' };
  return rests;
}

function said({ writes }: Decision): string {
  return writes
    .map((write) => {
      if (write.kind === 'clone') return 'relation' in write ? `${write.step} ${write.relation}` : write.step;
      if (write.kind === 'state')
        return write.gate === undefined ? write.state : `${write.state} ${write.gate}`;
      return write.kind;
    })
    .join(', ');
}

const promoted = { promoted: true } as const;
const rows: readonly (readonly [
  rule: string,
  units: string,
  facts: Partial<CloneFacts>,
  expected: string,
  rollout?: Partial<Rollout>,
  parameters?: RolloutParameters,
])[] = [
  // While it is tried.
  ['it is made', '', none, 'make', { clone: { service: 'web-r2' } }],
  ['then its units', '', { unmade: 2 }, 'units'],
  ['then its relations, those that can be', 'nn', { relations: related('tlnm') }, 'relate 3'],
  ['what its source leaves it does not get', 'nn', { relations: related('M') }, ''],
  ['all that is left is to wait', 'nn', { relations: related('tln') }, ''],
  ['healthy, it waits for a word', '22', {}, 'paused clone'],
  ['one that is not is waited for', '2n', {}, ''],
  ['one whose agent is away is waited for', '2a', {}, ''],
  ['one without the units that its source has is not', '', {}, ''],
  ['a failed installation fails it', '2E', {}, 'failed'],
  ['so does a failed start', 's2', {}, 'failed'],
  ['within the budget it does not', '2E', {}, 'paused clone', {}, { 'max-failed': '1' }],
  ['on failure it goes by itself where that was asked', 'E', {}, 'aborted', {}, { 'on-failure': 'revert' }],
  ['nothing got further', 'n', {}, 'failed', { stateSince: ago(900) }, { 'progress-deadline': '40s' }],
  [
    'a service of that name is there already',
    '',
    { is: 'other', formula: two },
    'failed',
    {
      clone: { service: 'web-r2' },
    },
  ],
  ['one that goes is waited for', '', { is: 'other', isGoing: true }, '', { clone: { service: 'web-r2' } }],
  ['somebody set the clone to another formula', '22', { formula: three }, 'failed'],
  ['somebody destroys the clone', '22', { isGoing: true }, 'aborted'],
  ['somebody destroyed the clone', '', none, 'aborted'],
  ['somebody destroys the source', '22', { sourceIsGoing: true }, 'aborted'],
  ['clones of before go first', '', none, 'left', { left: [{ service: 'web-r1', rollout: 'r0' }] }],
  // While it waits for a word.
  ['paused, nothing is done', '22', { relations: related('m') }, '', { state: 'paused', gate: 'clone' }],
  ['paused, and it is destroyed', '22', { isGoing: true }, 'aborted', { state: 'paused', gate: 'clone' }],
  ['failed, and helped out of it', '22', {}, 'paused clone', { state: 'failed' }],
  ['failed, it stays', '2E', {}, '', { state: 'failed' }],
  // Promoted.
  ['one relation moves after the other', '22', { relations: related('Ttl') }, 'move 1', promoted],
  ['also those that its formula lacks end', '22', { relations: related('n') }, 'move 0', promoted],
  ['then the exposure', '22', { relations: related('TL'), sourceIsExposed: true }, 'expose', promoted],
  ['nobody stops who is related yet', '22', { relations: related('T') }, '', promoted],
  ['then the source goes', '22', { unasked: ['web/0'] }, 'retire', promoted],
  [
    'its units are asked after an interruption too',
    '22',
    { sourceIsGoing: true, unasked: ['web/0'] },
    'retire',
    promoted,
  ],
  ['it is waited for', '22', { sourceIsGoing: true }, '', promoted],
  ['or it stays', '22', { unasked: ['web/0'] }, 'done', { ...promoted, keep: true }],
  ['what is kept is unrelated first', '22', { relations: related('T') }, '', { ...promoted, keep: true }],
  [
    'nobody leaves for too long',
    '22',
    { relations: related('T') },
    'failed',
    { ...promoted, stateSince: ago(900) },
    {
      'progress-deadline': '40s',
    },
  ],
  ['a clone that is destroyed takes no place', '', none, 'aborted', promoted],
  ['failed, nothing moves', '22', { relations: related('t') }, '', { ...promoted, state: 'failed' }],
  ['aborted, both stay', '22', { relations: related('t') }, '', { ...promoted, state: 'aborted' }],
  // Aborted.
  ['it is unrelated first', '22', { standing: 2 }, 'unrelate', { state: 'aborted' }],
  ['others leave it before it stops', '22', { leaving: 2 }, '', { state: 'aborted' }],
  ['then it goes', '22', {}, 'remove', { state: 'aborted' }],
  ['one that cannot leave is not waited for', '2s', { leaving: 2 }, 'remove', { state: 'aborted' }],
  ['nor is one whose agent is away', '2a', { leaving: 2 }, 'remove', { state: 'superseded' }],
  [
    'nor do others hold it for good',
    '22',
    { leaving: 2 },
    'remove',
    { state: 'aborted', stateSince: ago(900) },
    {
      'progress-deadline': '40s',
    },
  ],
  ['its units stop', '22', { isGoing: true }, '', { state: 'aborted' }],
  ['its units are asked too', '22', { isGoing: true, unasked: ['web-r2/0'] }, 'remove', { state: 'aborted' }],
  ['it is gone', '', none, 'close', { state: 'aborted' }],
  ['another one of its name is left alone', '', { is: 'other' }, 'close', { state: 'aborted' }],
  ['over is over', '22', { standing: 2 }, '', { state: 'aborted', closed: true }],
];

describe('a rollout by a clone', () => {
  for (const [rule, letters, clone, expected, rollout, parameters] of rows) {
    it(rule, () => {
      const decision = decided(letters, { ...own, ...clone }, { ...begun, ...rollout }, parameters);
      assert.equal(said(decision), expected);
    });
  }

  it('is superseded where the service is set to another formula, as long as it is under way', () => {
    const states = ['running', 'paused', 'failed', 'done', 'aborted'] as const;
    const moved = states.map((state) =>
      said(decided('22', own, { ...begun, state, closed: true }, {}, three)),
    );
    assert.deepEqual(moved, ['superseded', 'superseded', 'superseded', '', '']);
  });

  it('names what ends the error of a unit that is to go', () => {
    const clone = { ...own, sourceIsGoing: true };
    const units = [
      { ...unit('2'), name: 'web-r2/0' },
      { ...unit('2'), formula: one, state: 'stop-error', name: 'web/0' },
    ];
    const { blockers } = decide({ ...begun, ...promoted }, { formula: one, units, clone }, now);
    const { kind, ends } = blockers.find(({ who }) => who === 'web/0') ?? {};
    assert.deepEqual([kind, ends], ['error', 'ensemble resolved --retry web/0']);
  });

  for (const [ofClone, ofSource, state, expected] of [
    ['', 0, 'running', 'paused clone'],
    ['', 2, 'running', 'ensemble add-unit -n 2 web-r2'],
    ['2', 3, 'running', 'ensemble add-unit -n 2 web-r2'],
    ['22', 3, 'paused', 'ensemble add-unit -n 1 web-r2'],
    ['222', 3, 'paused', 'ensemble rollout promote web'],
    ['222', 2, 'paused', 'ensemble rollout promote web'],
    ['2', 3, 'aborted', 'remove'],
  ] as const)
    it(`${state}, with ${ofClone.length} units in the place of ${ofSource}, leads to ${expected}`, () => {
      const rollout: Rollout = { ...begun, state, ...(state === 'paused' && { gate: 'clone' }) };
      const decision = decided(ofClone, own, rollout, {}, one, ofSource);
      assert.equal(said(decision) || decision.blockers[0]?.ends, expected);
    });

  it('is promoted with fewer units than its source by force alone', () => {
    const rollout: Rollout = { ...begun, state: 'paused', gate: 'clone' };
    const { units, lacks } = decided('2', own, rollout, {}, one, 3);
    const request = { now, by: 'ann@host', reason: '', lacks };
    const refused = afterVerb('promote', rollout, units, request);
    const forced = afterVerb('promote', rollout, units, { ...request, force: true });
    assert.deepEqual(refused, {
      refused: 'its clone web-r2 has 1 of 3 units',
      command: 'ensemble add-unit -n 2 web-r2',
    });
    assert.ok('rollout' in forced && forced.rollout.promoted === true);
  });

  it('always names what it waits for', () => {
    for (const [rule, letters, clone, expected, rollout = {}, parameters] of rows) {
      const { state = 'running', closed = false } = rollout;
      if (expected !== '' || closed || (state === 'aborted' && rollout.promoted === true)) continue;
      const { blockers, wakeAt } = decided(
        letters,
        { ...own, ...clone },
        { ...begun, ...rollout },
        parameters,
      );
      assert.ok(blockers.length > 0, rule);
      if (state === 'running' || state === 'aborted') assert.ok(wakeAt !== undefined, `${rule}: no deadline`);
    }
  });
});

function decided(
  letters: string,
  clone: CloneFacts,
  rollout: Rollout,
  parameters: RolloutParameters = {},
  formula: string = one,
  ofSource = 1,
): Decision {
  const ofClone = [...letters].map((letter, index) => ({ ...unit(letter), name: `web-r2/${index}` }));
  const sources = Array.from({ length: ofSource }, (_, index) => ({
    ...unit('2'),
    formula: one,
    name: `web/${index}`,
  }));
  const units = [...ofClone, ...sources];
  const all = { ...rollout, parameters: { ...begun.parameters, ...parameters } };
  return decide(all, { formula, units, clone }, now);
}
