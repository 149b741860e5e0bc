import assert from 'node:assert/strict';
import { newRecord, type UnitRecord } from '../../../agent/journal/record.js';
import { ConfigProgress } from '../../../agent/report/config-progress.js';

const unit = (change: Partial<UnitRecord>): UnitRecord => ({ ...newRecord('f/0', 'f', ''), ...change });
const hold = (version: number, digest: string) => ({ version, digest });
const at = (state: UnitRecord['state'], configDigest: string | null, more: Partial<UnitRecord> = {}) =>
  unit({ state, configDigest, ...more });

describe('how far a unit is with its config', () => {
  const steps = (
    ...rows: readonly (readonly [UnitRecord, number, string, number | null, number | null])[]
  ): void => {
    const progress = new ConfigProgress();
    for (const [index, [record, version, digest, seen, tried]] of rows.entries())
      assert.deepEqual(progress.facts(record, hold(version, digest)), { seen, tried }, `step ${index}`);
  };

  it('is told through a change that succeeds', () => {
    steps(
      [at('started', 'a'), 0, 'a', 0, 0],
      [at('started', 'a'), 1, 'b', 0, 0],
      [at('configuring', 'b'), 1, 'b', 0, 1],
      [at('configuring', 'b', { done: ['config-changed'] }), 1, 'b', 1, 1],
      [at('started', 'b'), 1, 'b', 1, 1],
    );
  });

  it('is told through one that fails, another one, and its resolution', () => {
    steps(
      [at('started', 'a'), 0, 'a', 0, 0],
      [at('config-error', 'b'), 1, 'b', 0, 1],
      [at('config-error', 'b'), 2, 'c', 0, 1],
      [at('config-error', 'c'), 2, 'c', 0, 2],
      [at('started', 'c'), 2, 'c', 2, 2],
    );
  });

  it('counts what changes nothing for the unit as seen, where the one before was', () => {
    steps(
      [at('started', 'a'), 0, 'a', 0, 0],
      [at('started', 'a'), 1, 'a', 1, 1],
      [at('config-error', 'b'), 2, 'b', 1, 2],
      [at('config-error', 'b'), 3, 'b', 1, 3],
    );
  });

  it('is told of the first start: the hook, and what comes after it', () => {
    steps(
      [at('installing', null), 3, 'a', null, null],
      [at('starting', 'a'), 3, 'a', null, 3],
      [at('start-error', 'a'), 3, 'a', null, 3],
      [at('starting', 'a', { done: ['config-changed'] }), 3, 'a', 3, 3],
    );
  });

  it('waits for another one only where the unit would try it', () => {
    // The breaker ended it, and it is not known for which: whatever holds counts as tried.
    steps([at('config-error', 'a', { failedConfig: null }), 5, 'b', null, 5]);
    steps([at('config-error', 'a', { failedConfig: 'b' }), 5, 'b', null, 5]);
    steps([at('config-error', 'a', { failedConfig: 'b' }), 6, 'c', null, null]);
  });

  it('is not told while nothing is known, and goes on from what was', () => {
    const progress = new ConfigProgress();
    const nothing = { version: undefined, digest: undefined };
    assert.deepEqual(progress.facts(at('started', 'a'), nothing), { seen: null, tried: null });
    progress.facts(at('started', 'a'), hold(4, 'a'));
    assert.deepEqual(progress.facts(at('upgrading', 'a'), nothing), { seen: 4, tried: 4 });
  });

  it('follows a state that was set back to a copy of before', () => {
    steps([at('started', 'a'), 9, 'a', 9, 9], [at('started', 'a'), 2, 'a', 2, 2]);
  });
});
