import assert from 'node:assert/strict';
import { type ConfigType, misfit } from '../../../state/formula/config-types.js';

describe('the value of an option', () => {
  const rows: readonly (readonly [ConfigType, unknown, string | undefined])[] = [
    ['string', '', undefined],
    ['string', 7, 'must be text (in YAML, put it in quotes), not 7'],
    ['int', 7, undefined],
    ['int', -7, undefined],
    ['int', 2 ** 53, 'must be a whole number, not 9007199254740992'],
    ['int', 1.5, 'must be a whole number, not 1.5'],
    ['int', '7', 'must be a whole number, not "7"'],
    ['float', 1.5, undefined],
    ['float', 1, undefined],
    ['float', Number.POSITIVE_INFINITY, 'must be a number, not Infinity'],
    ['float', Number.NaN, 'must be a number, not NaN'],
    ['boolean', false, undefined],
    ['boolean', 'yes', 'must be true or false, not "yes"'],
    ['boolean', null, 'must be true or false, not empty'],
  ];
  for (const [type, value, fault] of rows)
    it(`of type ${type}: ${JSON.stringify(value)} ${fault ?? 'fits'}`, () =>
      assert.equal(misfit(type, value), fault));
});
