import assert from 'node:assert/strict';
import { emptyQueue } from '../../agent/journal/relation-queue.js';
import { begin, finish, nextEvent, observeMembers } from '../../agent/relation/queue.js';

describe('members of a relation', () => {
  it('are told and listed as people count: mysql/2 before mysql/10', () => {
    const there = ['mysql/10', 'mysql/9', 'mysql/2', 'b/0'].map((unit) => [unit, 0] as const);
    const told: string[] = [];
    let members: readonly string[] = [];
    let queue = observeMembers(emptyQueue, new Map(there));
    for (let next = nextEvent(queue); next !== undefined; next = nextEvent(queue)) {
      if (next.event.kind === 'joined') told.push(next.event.unit);
      members = next.members;
      queue = finish(begin(queue));
    }
    const inOrder = ['b/0', 'mysql/2', 'mysql/9', 'mysql/10'];
    assert.deepEqual({ told, members }, { told: inOrder, members: inOrder });
  });
});
