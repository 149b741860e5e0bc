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

  it('says that a hook runs only while somebody is there to know', () => {
    const hook = { name: 'start', since: '2026-01-01T00:00:00.123Z', pid: 4711, attempt: 1 };
    assert.equal(
      unitMessage({ message: 'fine', hook }),
      'fine; hook start runs since 2026-01-01T00:00:00Z, process 4711',
    );
    assert.equal(
      unitMessage({ message: '', hook, agent: 'down' }),
      'hook start ran since 2026-01-01T00:00:00Z, process 4711, when its agent was last heard of',
    );
  });
});
