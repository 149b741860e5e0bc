import assert from 'node:assert/strict';
import {
  failureText,
  type FormulaFailure,
  mayTryAgainAt,
  withFailure,
  withoutFailure,
} from '../../../state/model/failed-formulas.js';

const at = '2026-01-01T00:00:00.000Z';
const HOUR = 3_600_000;
const failed = (times: number, rest: Partial<FormulaFailure> = {}): FormulaFailure => ({
  times,
  at,
  reason: 'exit 1',
  ...rest,
});

describe('a formula that failed is left alone', () => {
  const rows: readonly (readonly [number, number])[] = [
    [0, 8],
    [1, 8],
    [2, 12],
    [3, 24],
    [7, 252],
    [8, 336],
    [100, 336],
  ];
  for (const [times, hours] of rows)
    it(`for ${hours} hours after ${times} failures in a row`, () =>
      assert.equal(mayTryAgainAt(failed(times)) - Date.parse(at), hours * HOUR));
  it('no longer if it is not known when it failed', () =>
    assert.equal(mayTryAgainAt(failed(1, { at: 'yesterday' })), 8 * HOUR));
});

describe('failures', () => {
  it('count in a row, with the last reason', () => {
    const twice = withFailure(withFailure(undefined, 'a', 't1', 'r1'), 'a', 't2', 'r2');
    assert.deepEqual(twice, { a: { times: 2, at: 't2', reason: 'r2' } });
  });
  it('of the ten formulas that failed last are remembered', () => {
    let failures = withFailure(undefined, 'f-0', at, '');
    for (let number = 1; number <= 9; number += 1) failures = withFailure(failures, `f-${number}`, at, '');
    failures = withFailure(failures, 'f-0', at, '');
    failures = withFailure(failures, 'f-10', at, '');
    assert.deepEqual([Object.keys(failures).length, 'f-0' in failures, 'f-1' in failures], [10, true, false]);
  });
  it('of one formula are forgotten, and none is left then but those of others', () => {
    assert.equal(withoutFailure({ a: failed(1) }, 'a'), undefined);
    assert.deepEqual(withoutFailure({ a: failed(1), b: failed(2) }, 'a'), { b: failed(2) });
    assert.equal(withoutFailure(undefined, 'a'), undefined);
  });
});

describe('a failure in words', () => {
  const rows: readonly (readonly [FormulaFailure, string])[] = [
    [failed(1), 'p:f-2 failed at 2026-01-01T00:00:00Z: exit 1'],
    [failed(2), 'p:f-2 failed twice, last at 2026-01-01T00:00:00Z: exit 1'],
    [failed(3), 'p:f-2 failed 3 times, last at 2026-01-01T00:00:00Z: exit 1'],
    [failed(1, { reason: '' }), 'p:f-2 was gone back from at 2026-01-01T00:00:00Z'],
  ];
  for (const [failure, text] of rows) it(text, () => assert.equal(failureText('p:f-2', failure), text));
});
