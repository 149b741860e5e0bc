import assert from 'node:assert/strict';
import { keepAsked } from '../../../cli/upgrade/keep-asked.js';
import { RolloutContradiction } from '../../../control/rollout/errors.js';
import { UnitNotFound } from '../../../state/model/errors.js';
import { EnsembleError } from '../../../state/platform/errors.js';

type Asked = Parameters<typeof keepAsked>[1];

class Advises extends EnsembleError {
  static override readonly code = 'advises';
}

function contradiction(instead: string): EnsembleError {
  return new RolloutContradiction({
    service: 'f',
    strategy: 'lockstep',
    contrary: 'canary 1',
    rule: '',
    instead,
  });
}

const LOCKSTEP = 'ensemble upgrade-formula --revision 3 --strategy lockstep --canary 0 f';

describe('what an error of upgrade-formula advises', () => {
  const rows: readonly [rule: string, error: EnsembleError, asked: Asked, next: string][] = [
    ['is as it was where nothing else was asked', contradiction(LOCKSTEP), {}, LOCKSTEP],
    [
      'stays a dry run',
      contradiction(LOCKSTEP),
      { dryRun: true, strategy: 'lockstep', canary: '1' },
      LOCKSTEP.replace('formula', 'formula --dry-run'),
    ],
    [
      'keeps the words that it does not mend',
      contradiction(LOCKSTEP),
      { onFailure: 'revert', progressDeadline: '5m', force: true, revertOnError: true, repository: './a b' },
      LOCKSTEP.replace(
        'formula',
        "formula --repository './a b' --progress-deadline 5m --on-failure revert --force --revert-on-error",
      ),
    ],
    [
      'takes along no units whose agent is away unless asked to',
      contradiction('ensemble upgrade-formula --strategy lockstep --allow-missing f'),
      { allowMissing: true },
      'ensemble upgrade-formula --strategy lockstep --allow-missing f',
    ],
    [
      'stays a dry run where it is one of several commands, and says the rest as it is',
      new Advises('it failed', 'ensemble upgrade-formula --force f, or ensemble status f'),
      { dryRun: true, canary: '1' },
      'ensemble upgrade-formula --dry-run --force f, or ensemble status f',
    ],
    [
      'is said once where it names several units',
      contradiction('ensemble upgrade-formula --dry-run --canary f/0,f/1 f'),
      { dryRun: true, canary: 'f/0,f/1', strategy: 'all' },
      'ensemble upgrade-formula --strategy all --dry-run --canary f/0,f/1 f',
    ],
    [
      'is in earnest where it mends what keeps the dry run',
      new Advises(
        'the bundle is gone',
        'publish the formula again: ensemble upgrade-formula --revision 3 SERVICE',
      ),
      { dryRun: true },
      'publish the formula again: ensemble upgrade-formula --revision 3 SERVICE',
    ],
  ];
  for (const [rule, error, asked, next] of rows)
    it(rule, () => {
      assert.equal(keepAsked(error, asked), error);
      assert.equal(error.next, next);
    });

  it('is nothing where nothing helps, and another command as it is', () => {
    const away = new UnitNotFound({ unit: 'f/7' });
    const { next } = away;
    assert.equal(keepAsked(away, { dryRun: true }), away);
    assert.equal(away.next, next);
    const fault = new Error('a fault');
    assert.equal(keepAsked(fault, { dryRun: true }), fault);
  });
});
