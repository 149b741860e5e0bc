import assert from 'node:assert/strict';
import { placeOf } from '../../../../state/formula/repositories/place.js';

describe('two spellings of one place', () => {
  const same: readonly (readonly [string, string])[] = [
    ['git+https://example.com/ops/formulas.git', 'git+ssh://git@www.Example.com/ops//formulas'],
    ['git+http://example.com/a', 'git+https://example.com/a/'],
    ['git+https://example.com/a#main:x', 'git+ssh://example.com/a.git#main:/x/'],
    ['https://example.com/a', 'https://WWW.example.com//a/index.json'],
    ['/srv/a', '/srv//a/'],
    ['/srv/a', 'file:///srv/a'],
  ];
  for (const [a, b] of same)
    it(`are one: ${a} and ${b}`, () => {
      assert.equal(placeOf(a), placeOf(b));
    });

  const other: readonly (readonly [string, string])[] = [
    ['git+https://example.com/A', 'git+https://example.com/a'],
    ['git+https://example.com/a', 'git+https://example.com/a#main'],
    ['git+https://example.com/a', 'https://example.com/a'],
    ['https://example.com/a', 'https://example.org/a'],
    ['https://example.com:8080/a', 'https://example.com/a'],
    ['/srv/a', '/srv/A'],
  ];
  for (const [a, b] of other)
    it(`are two: ${a} and ${b}`, () => {
      assert.notEqual(placeOf(a), placeOf(b));
    });
});
