import assert from 'node:assert/strict';
import { isInRange, rangeFault } from '../../../state/formula/version-range.js';

describe('a range of versions', () => {
  const rows: readonly (readonly [version: string, range: string, fits: boolean | undefined])[] = [
    ['0.3.0', '>=0.3', true],
    ['0.2.9', '>=0.3', false],
    ['0.10.0', '>=0.9', true],
    ['0.9.0', '>=0.10', false],
    ['10.0.0', '>9.99.99', true],
    ['0.3.1', '>0.3', true],
    ['0.3.0', '>0.3', false],
    ['1.0.0', '<1', false],
    ['0.99.0', '<1', true],
    ['1.0.0', '<=1', true],
    ['1.0.1', '<=1', false],
    ['0.3.0', '0.3', true],
    ['0.3.1', '=0.3', false],
    ['0.5.0', '>=0.3 <1', true],
    ['1.5.0', '>=0.3  <1', false],
    ['0.3.0-rc.1', '>=0.3', true],
    ['v0.3.0', '>=0.3', true],
    ['unknown', '>=0.3', undefined],
    ['', '>=0.3', undefined],
  ];
  for (const [version, range, fits] of rows)
    it(`${JSON.stringify(version)} in ${range}: ${fits}`, () => {
      assert.equal(isInRange(version, range), fits);
    });

  it('is refused where it is none', () => {
    for (const range of ['', ' ', 'new', '>=', '>= 0.3', '^0.3', '~1', '0.3.x', '1.2.3.4', '>=0.3,<1', '=>1'])
      assert.match(rangeFault(range) ?? '', /is no range of versions/, range);
    for (const [, range] of rows) assert.equal(rangeFault(range), undefined, range);
  });
});
