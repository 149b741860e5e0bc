import assert from 'node:assert/strict';
import { exitCodeOf, summarize } from '../../../cli/follow/summary.js';
import type { FollowEnd } from '../../../control/progress/follow.js';
import type { Goal } from '../../../control/progress/goal.js';
import type { Row } from '../../../control/progress/row.js';

const goal: Goal = { service: 'web', kind: 'upgraded', formula: 'p:web-2', forced: new Map() };

function row(standing: Row['standing'], change: Partial<Row> = {}): Row {
  return {
    unit: 'web/0',
    machine: 'm0',
    formula: 'p:web-1',
    standing,
    doing: 'started',
    message: '',
    next: '',
    ...change,
  };
}

const done = row('done', { unit: 'web/9', formula: 'p:web-2' });

interface Case {
  readonly rows: readonly Row[];
  readonly goal?: Partial<Goal>;
  readonly why?: FollowEnd['why'];
  readonly off?: string;
}

/** The lines that are told, and the exit code. */
const rows: readonly (readonly [what: string, told: Case, lines: readonly string[], code: number])[] = [
  ['all got there', { rows: [done] }, ['1 of 1 units run p:web-2 (2.0 s)'], 0],
  [
    'all have the new values',
    { rows: [done], goal: { kind: 'configured' } },
    ['1 of 1 units run with the new values (2.0 s)'],
    0,
  ],
  [
    'the way back is named',
    { rows: [done], goal: { before: 'p:web-1' } },
    ['1 of 1 units run p:web-2 (2.0 s)', 'to go back to p:web-1: ensemble revert-formula web'],
    0,
  ],
  [
    'what was left is named',
    { rows: [done], goal: { left: 'p:web-3' } },
    [
      '1 of 1 units run p:web-2 (2.0 s)',
      'once p:web-3 is mended, as a higher revision: ensemble upgrade-formula web',
    ],
    0,
  ],
  [
    'one failed, and says what helps',
    {
      rows: [
        row('failed', { doing: 'upgrade-error', message: 'exit 1', next: 'ensemble resolved --retry web/0' }),
      ],
    },
    [
      '0 of 1 units run p:web-2 (2.0 s)',
      'web/0 failed: upgrade-error: exit 1',
      '  try: ensemble resolved --retry web/0',
    ],
    1,
  ],
  [
    'one failed before, and may be taken there by force',
    { rows: [row('failed', { doing: 'start-error' })] },
    [
      '0 of 1 units run p:web-2 (2.0 s)',
      'web/0 failed: start-error',
      '  try: ensemble resolved --retry web/0, or ensemble upgrade-formula --revision 2 --force web',
    ],
    1,
  ],
  [
    'one went back by itself',
    { rows: [row('failed', { message: 'hook failed' })] },
    [
      '0 of 1 units run p:web-2 (2.0 s)',
      'web/0 failed: started: hook failed',
      '  try: mend the formula, or ensemble upgrade-formula --revision 2 --force web',
    ],
    1,
  ],
  [
    'values that a unit does not start with are taken back',
    { rows: [row('failed', { doing: 'config-error' })], goal: { kind: 'configured' } },
    [
      '0 of 1 units run with the new values (2.0 s)',
      'web/0 failed: config-error',
      '  try: ensemble resolved --retry web/0, or take it back: ensemble set --undo web',
    ],
    1,
  ],
  [
    'one was never asked, or not any more',
    { rows: [row('called-off')], goal: { before: 'p:web-1' } },
    [
      '0 of 1 units run p:web-2 (2.0 s)',
      'web/0 runs p:web-1, and is not asked to go to p:web-2: somebody had it go back',
      '  try: ensemble history web',
    ],
    1,
  ],
  [
    'the rollout went back by itself',
    { rows: [row('called-off', { formula: null })], off: 'the rollout went back' },
    [
      '0 of 1 units run p:web-2 (2.0 s)',
      'web/0 runs nothing, and is not asked to go to p:web-2: the rollout went back',
      '  try: ensemble history web',
    ],
    1,
  ],
  [
    'one is left in its error',
    { rows: [row('called-off', { doing: 'stop-error', next: 'ensemble resolved web/0' })] },
    [
      '0 of 1 units run p:web-2 (2.0 s)',
      'web/0 failed: stop-error',
      '  try: ensemble resolved web/0, or ensemble upgrade-formula --revision 2 --force web',
    ],
    1,
  ],
  [
    'one was upgraded further',
    { rows: [row('overtaken')], goal: { before: 'p:web-1' } },
    ['0 of 1 units run p:web-2 (2.0 s)', 'web/0 was upgraded further meanwhile'],
    0,
  ],
  [
    'one is gone',
    { rows: [row('gone')] },
    ['0 of 1 units run p:web-2 (2.0 s)', 'web/0 was removed meanwhile'],
    0,
  ],
  [
    'one cannot go on',
    { rows: [row('stuck', { doing: 'started, fetching', message: 'no storage' })] },
    [
      '0 of 1 units run p:web-2 (2.0 s)',
      'web/0 cannot go on: started, fetching: no storage',
      '  until that is mended it runs on as before; the request is kept',
    ],
    1,
  ],
  [
    'two have no agent',
    { rows: [row('offline'), row('offline', { unit: 'web/1' })] },
    [
      '0 of 2 units run p:web-2 (2.0 s)',
      'no agent is running on m0: start m0',
      '  until then web/0, web/1 wait; the request is kept',
    ],
    1,
  ],
  [
    'an agent does not tell',
    { rows: [row('untold')], goal: { kind: 'configured' } },
    [
      '0 of 1 units run with the new values (2.0 s)',
      'web/0: not known whether config-changed has run, as the agent is of a release that does not tell',
      '  try: ensemble history web',
    ],
    1,
  ],
  [
    'the time is over',
    { rows: [row('under-way', { doing: 'upgrading, hook' })], why: 'timeout' },
    [
      '0 of 1 units run p:web-2 (2.0 s)',
      'stopped following after 2.0 s; the upgrade goes on. Still under way:',
      '  web/0: upgrading, hook',
      '  try: ensemble status web',
      '  to end its hook, should it hang: ensemble abort web/0',
    ],
    1,
  ],
  [
    'somebody ends the following',
    { rows: [row('under-way')], why: 'interrupted' },
    ['stopped following; the upgrade goes on. See how far with: ensemble status web'],
    130,
  ],
  [
    'somebody ends the following of a way back',
    { rows: [row('under-way')], why: 'interrupted', goal: { back: true } },
    [
      'stopped following; the revert goes on by itself, and is not to be repeated: that would go back one more. See how far with: ensemble status web',
    ],
    130,
  ],
  [
    'somebody ends the following of what others took elsewhere',
    {
      rows: [row('called-off'), row('under-way', { unit: 'web/1', heading: 'p:web-3' }), done],
      why: 'interrupted',
    },
    [
      'stopped following; web/0, web/1 are not asked to go to p:web-2. See how far with: ensemble status web',
      '  try: ensemble history web',
    ],
    130,
  ],
];

describe('what a command that followed units says at the end', () => {
  for (const [what, { rows: seen, goal: change, why = 'settled', off }, lines, code] of rows)
    it(`where ${what}`, () => {
      const end: FollowEnd = { why, rows: seen };
      const start = (machine: string | null): string => `start ${machine}`;
      assert.deepEqual(summarize({ ...goal, ...change }, end, 2_000, start, undefined, off), lines);
      assert.equal(exitCodeOf(end), code);
    });
});
