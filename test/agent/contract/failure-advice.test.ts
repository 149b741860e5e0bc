import assert from 'node:assert/strict';
import { HookRetryEnded } from '../../../agent/contract/errors.js';
import {
  adviseOnFailure,
  adviseOnRelation,
  askedAgainBy,
  whyWaiting,
} from '../../../agent/contract/failure-advice.js';

const known = (next: string | undefined) => new HookRetryEnded({ sentence: 'it is away', next });

describe('the advice on a failure', () => {
  it('ends with the command that runs the hook again, once', () => {
    const retry = 'ensemble resolved --retry f/0';
    for (const [next, expected] of [
      [undefined, retry],
      ['ensemble debug-log -i f/0', `ensemble debug-log -i f/0, then: ${retry}`],
      [`look, then: ${retry}`, `look, then: ${retry}`],
      [
        'ensemble upgrade-formula --revision 3 SERVICE',
        `ensemble upgrade-formula --revision 3 f, then: ${retry}`,
      ],
    ] as const)
      assert.equal(adviseOnFailure(known(next), 'f/0').next, expected);
    assert.deepEqual(adviseOnFailure('odd', 'f/0'), { error: 'odd', brief: 'odd', next: retry });
  });

  it('cuts what failed, and never the command', () => {
    const { error, brief, next } = adviseOnFailure(new Error('x'.repeat(5_000)), 'f/0');
    assert.deepEqual([error.length, brief.length, next], [1_500, 200, 'ensemble resolved --retry f/0']);
  });

  it('names the relation that it is about', () => {
    const next = 'ensemble resolved --retry f/0 db:4';
    assert.deepEqual(adviseOnRelation(new Error('no'), 'f/0', 'db:4'), {
      message: `no; next: ${next}`,
      brief: 'no',
      next,
    });
  });

  it('says what is waited for, and apart what ends it', () => {
    assert.deepEqual(whyWaiting(known('mend it'), 'f'), {
      message: 'it is away; next: mend it',
      brief: 'it is away',
      next: 'mend it',
    });
    assert.deepEqual(whyWaiting('a reason', 'f'), {
      message: 'a reason',
      brief: 'a reason',
      next: undefined,
    });
  });

  it('asks once more for a formula that cannot be made ready, unless the error says so itself', () => {
    const again = 'ensemble upgrade-formula --revision 2 f';
    for (const [error, message] of [
      [known(undefined), `it is away; next: ${again}`],
      [known('mend it'), `it is away; next: mend it, then: ${again}`],
      [known('ensemble upgrade-formula SERVICE'), `it is away; next: ${again}`],
      [`done by ${again}`, `done by ${again}`],
    ] as const)
      assert.equal(askedAgainBy(error, 'f', 'world:f-2').message, message);
  });
});
