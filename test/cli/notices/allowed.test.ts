import assert from 'node:assert/strict';
import { mayTell, type Surroundings } from '../../../cli/notices/allowed.js';

const somebody: Surroundings = {
  stdout: true,
  stderr: true,
  variables: {},
  command: 'status',
  exitCode: 0,
};

const rows: readonly (readonly [string, Partial<Surroundings>, boolean])[] = [
  ['on a terminal', {}, true],
  ['after a command that failed', { exitCode: 1 }, true],
  ['with variables that are set to nothing', { variables: { CI: '', ENSEMBLE_NO_NOTICES: '' } }, true],
  ['where the file says on', { notices: true }, true],
  ['with stdout in a pipe', { stdout: false }, false],
  ['with stderr in a pipe', { stderr: false }, false],
  ['with CI', { variables: { CI: 'true' } }, false],
  ['with ENSEMBLE_NO_NOTICES', { variables: { ENSEMBLE_NO_NOTICES: '1' } }, false],
  ['with NO_UPDATE_NOTIFIER', { variables: { NO_UPDATE_NOTIFIER: '1' } }, false],
  ['where the file says off', { notices: false }, false],
  ['after newer, which shows it', { command: 'newer' }, false],
  ['after an environment is gone', { command: 'destroy-environment' }, false],
  ['before a command began', { command: undefined }, false],
  ['after a command that the operator stopped', { exitCode: 130 }, false],
];

describe('whether notices may be told', () => {
  for (const [name, change, expected] of rows)
    it(`is ${expected ? 'so' : 'not so'} ${name}`, () =>
      assert.equal(mayTell({ ...somebody, ...change }), expected));
});
