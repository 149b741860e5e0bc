import assert from 'node:assert/strict';
import { troubleKind } from '../../../agent/report/trouble-kind.js';
import { AccessDenied, CoordinatorUnreachable, NodeNotFound } from '../../../state/coordination/errors.js';
import * as storage from '../../../state/storage/errors.js';

describe('an operation that failed waits for', () => {
  const where = { storage: 'file:///s', key: 'k' };
  const rows: readonly (readonly [string, unknown, string | undefined])[] = [
    [
      'the coordinator, which is away',
      new CoordinatorUnreachable({ coordinator: 'zk:', reason: 'r' }),
      'coordinator',
    ],
    ['the coordinator, which refuses it', new AccessDenied({ coordinator: 'zk:', path: '/' }), 'coordinator'],
    ['the storage, which is away', new storage.StorageUnreachable({ ...where, reason: 'r' }), 'storage'],
    ['the storage, which is full', new storage.StorageFull({ ...where, limit: 'l' }), 'storage'],
    ['the storage, which lacks the bundle', new storage.ObjectNotFound(where), 'storage'],
    ['neither, if a node is missing', new NodeNotFound({ path: '/' }), undefined],
    ['neither, if it is no error of ours', new Error('x'), undefined],
    ['neither, if nothing is wrong', undefined, undefined],
  ];
  for (const [rule, error, kind] of rows) it(rule, () => assert.equal(troubleKind(error), kind));
});
