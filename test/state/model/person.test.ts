import assert from 'node:assert/strict';
import { isOfPerson } from '../../../state/model/person.js';

describe('who asked is the one who is wanted', () => {
  const rows: readonly (readonly [by: string, wanted: string, is: boolean])[] = [
    ['ann@m0', 'ann@m0', true],
    ['ann@m0', 'ann', true],
    ['ann@m0', 'ann@m1', false],
    ['ann@m0', 'an', false],
    ['ann@m0', 'a*', true],
    ['ann@m0', '*@m0', true],
    ['ann@m0', '*@m1', false],
    ['ann@corp.org@m0', 'ann@corp.org@m0', true],
    ['ann@corp.org@m0', 'ann', false],
    ['ann@m0', 'm0', false],
    ['ann', 'ann', true],
    ['ann', 'ann@m0', false],
  ];
  for (const [by, wanted, is] of rows)
    it(`${by}, ${wanted}: ${is}`, () => assert.equal(isOfPerson(by, wanted), is));
});
