import assert from 'node:assert/strict';
import { unitMessage } from '../../../control/status/unit-message.js';

const blockedBy = (...reasons: string[]) => ({ blockers: reasons.map((reason) => ({ reason, since: '' })) });

describe('the message of a unit', () => {
  it('names what its upgrade waits for, and says nothing twice', () => {
    assert.equal(unitMessage({ message: '' }), '');
    assert.equal(unitMessage({ message: 'fine' }), 'fine');
    assert.equal(unitMessage({ message: '', upgrade: {} }), '');
    assert.equal(unitMessage({ message: 'busy', upgrade: blockedBy('held', 'busy') }), 'busy; held');
    assert.equal(unitMessage({ message: '', upgrade: blockedBy('held\nby me') }), 'held by me');
  });
});
