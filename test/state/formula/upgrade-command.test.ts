import assert from 'node:assert/strict';
import { upgradeCommand } from '../../../state/formula/upgrade-command.js';

describe('the command that takes a service to a formula', () => {
  const rows: readonly (readonly [string, readonly string[], string])[] = [
    ['p:f-2', [], '--revision 2 web'],
    ['p:f-2', ['--force'], '--revision 2 --force web'],
    ['p:f', [], 'web'],
    ['p~pr7.g3fa9c1d2e4f5:f-2', [], 'web'],
    ['p~pr7.g3fa9c1d2e4f5:f-2', ['--unit web/0'], '--candidate pr:7 --unit web/0 web'],
  ];
  for (const [formula, options, words] of rows)
    it(`${formula} ${options.join(' ')}`, () =>
      assert.equal(upgradeCommand(formula, 'web', ...options), `ensemble upgrade-formula ${words}`));
});
