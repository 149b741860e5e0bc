import assert from 'node:assert/strict';
import { addressesOf, firstSettings, withAddress } from '../../../agent/relation/address-setting.js';

describe('the addresses that an agent sets in a relation', () => {
  it('begin with the present one, or with none', () =>
    assert.deepEqual([addressesOf('10.0.0.1'), addressesOf(undefined)], [['10.0.0.1'], ['']]));

  const rows: readonly (readonly [readonly string[], string, readonly string[]])[] = [
    [['a'], 'b', ['a', 'b']],
    [['a', 'b'], 'a', ['b', 'a']],
    [[''], 'a', ['', 'a']],
    [['1', '2', '3', '4', '5', '6', '7', '8'], '9', ['2', '3', '4', '5', '6', '7', '8', '9']],
  ];
  for (const [before, address, after] of rows)
    it(`after ${before.join()} and ${address} are ${after.join()}`, () =>
      assert.deepEqual(withAddress(before, address), after));
});

describe('a unit’s first settings', () => {
  const rows: readonly (readonly [readonly string[], Readonly<Record<string, string>>])[] = [
    [[], {}],
    [[''], {}],
    [['10.0.0.1'], { 'private-address': '10.0.0.1' }],
    [['', '10.0.0.1', '10.0.0.2'], { 'private-address': '10.0.0.2' }],
  ];
  for (const [addresses, settings] of rows)
    it(`of ${JSON.stringify(addresses)}`, () => assert.deepEqual(firstSettings(addresses), settings));
});
