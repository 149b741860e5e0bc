import assert from 'node:assert/strict';

import { encodeRequest, type HelperFrame, parseFrame } from '../../../state/storage/helper-protocol.js';

describe('the words between us and a helper', () => {
  const frames: readonly (readonly [line: string, frame: HelperFrame])[] = [
    ['alive', 'alive'],
    ['on /a%20b/c', { turnsTo: '/a b/c' }],
    ['at 12', { at: 12 }],
    ['bytes 4096', { bytes: 4_096 }],
    ['done -', { done: null }],
    ['done', { done: null }],
    ['done 0', { done: 0 }],
    ['done 7', { done: 7 }],
    ['strange a named pipe', { strange: 'a named pipe' }],
    ['failed 2 No such file', { failed: 'No such file', code: 'ENOENT' }],
    ['failed 28 No space left', { failed: 'No space left', code: 'ENOSPC' }],
    ['failed 0 it is odd', { failed: 'it is odd', code: undefined }],
  ];
  for (const [line, frame] of frames)
    it(`are read: ${line}`, () => assert.deepEqual(parseFrame(line), frame));

  it('are a line of our side, whatever is in a path', () => {
    assert.equal(encodeRequest(['size', '/a b\n/ä']), 'size %2Fa%20b%0A%2F%C3%A4\n');
    assert.equal(encodeRequest(['fetch', '/a', '/b', '10']), 'fetch %2Fa %2Fb 10\n');
  });
});
