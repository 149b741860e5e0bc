import assert from 'node:assert/strict';
import { unlessAborted } from '../../../state/platform/unless-aborted.js';

describe('waiting unless aborted', () => {
  it('gives what came, or the reason of the abort', async () => {
    const abort = new AbortController();
    assert.equal(await unlessAborted(Promise.resolve(3), abort.signal), 3);
    const waiting = unlessAborted(new Promise(() => undefined), abort.signal);
    abort.abort(new Error('given up'));
    await assert.rejects(waiting, { message: 'given up' });
    await assert.rejects(unlessAborted(Promise.resolve(3), abort.signal), { message: 'given up' });
  });
});
