import assert from 'node:assert/strict';

import { firstRefused, refusal, type Refused } from '../../../../state/coordination/zookeeper/refusals.js';

describe('what ZooKeeper refuses', () => {
  const rows: readonly (readonly [code: number, kind: Refused['kind'], error: string, path: string])[] = [
    [-101, 'get', 'NodeNotFound', '/a/b'],
    [-101, 'create', 'NodeNotFound', '/a'],
    [-102, 'get', 'AccessDenied', '/a/b'],
    [-103, 'set', 'VersionConflict', '/a/b'],
    [-110, 'create', 'NodeExists', '/a/b'],
    [-111, 'remove', 'NodeNotEmpty', '/a/b'],
    [-114, 'create', 'AccessDenied', '/a/b'],
    [-999, 'check', 'RequestRefused', '/a/b'],
  ];
  for (const [code, kind, error, path] of rows)
    it(`is, by ${code} of ${kind}, ${error} of ${path}`, () => {
      const refused = refusal('zookeeper://x', code, { kind, path: '/a/b' });
      assert.equal(refused.name, error);
      assert.equal('path' in refused && refused.path, path);
    });

  const transactions: readonly (readonly [codes: readonly number[], at: number])[] = [
    [[], -1],
    [[0, 0], -1],
    [[0, -110, -2], 1],
    [[-103, -2, -2], 0],
    [[-2, -2, -101], 2],
    [[0, -2], 1],
  ];
  for (const [codes, at] of transactions)
    it(`is, of a transaction that answers ${codes.join(', ') || 'nothing'}, number ${at}`, () =>
      assert.equal(firstRefused(codes), at));
});
