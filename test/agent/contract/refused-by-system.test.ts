import assert from 'node:assert/strict';

import { isDiskFull, refusedBySystem, wordsOf } from '../../../agent/contract/refused-by-system.js';
import { SystemRefused } from '../../../state/platform/system-errors.js';

const coded = (code: string, path?: string, message = `${code}: no`): Error =>
  Object.assign(new Error(message), { code, ...(path !== undefined && { path }) });

describe('what the system refused an agent', () => {
  const full: readonly (readonly [says: string, error: unknown, isFull: boolean])[] = [
    ['by its code', coded('ENOSPC'), true],
    ['by the code of a quota', coded('EDQUOT'), true],
    ['behind another error', new Error('it failed', { cause: coded('ENOSPC') }), true],
    ['by its words alone', new Error('write: No space left on device'), true],
    ['by the words of the store', new Error('MDB: the disk is full'), true],
    ['another code', coded('EACCES'), false],
    ['other words', new Error('the disk is slow'), false],
    ['no error', 'no space left', false],
  ];
  for (const [says, error, isFull] of full)
    it(`is ${isFull ? '' : 'not '}for want of room: ${says}`, () => assert.equal(isDiskFull(error), isFull));

  const told: readonly (readonly [says: string, error: Error, place: string | undefined, next: string])[] = [
    ['the path of the error', coded('ENOSPC', '/data/x'), undefined, 'make room on the disk of /data/x'],
    ['the place where it works', coded('ENOSPC'), '/data', 'make room on the disk of /data'],
    ['no place', coded('ENOSPC'), undefined, 'make room there'],
  ];
  for (const [says, error, place, next] of told)
    it(`says what to make room on: ${says}`, () => {
      const refused = refusedBySystem(error, place);
      assert.ok(refused instanceof SystemRefused);
      assert.equal(refused.next, next);
      assert.match(refused.message, /full/);
    });

  it('stays as it is where it is none of that', () => {
    const bug = new TypeError('x is undefined');
    assert.equal(refusedBySystem(bug), bug);
    assert.equal(wordsOf(bug), 'x is undefined');
    assert.equal(wordsOf('a text'), 'a text');
  });
});
