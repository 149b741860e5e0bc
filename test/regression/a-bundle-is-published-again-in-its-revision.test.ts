import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ObjectDamaged,
  ObjectNotAFile,
  ObjectNotFound,
  ofFormula,
  StorageUnreachable,
} from '../../state/storage/errors.js';
import { fetchObject } from '../../state/storage/fetch.js';
import { openStorage } from '../../state/storage/open.js';

const [storage, key] = ['file:/s', 'bundles/a.tar.gz'];
const again = 'publish the formula again: ensemble upgrade-formula --revision 3 SERVICE';

const rows: readonly (readonly [string, Error, string])[] = [
  ['is not there', new ObjectNotFound({ storage, key }), again],
  [
    'is damaged',
    new ObjectDamaged({ storage, key, expected: { size: 1 }, actual: { size: 2 } }),
    `remove that object, then ${again}`,
  ],
  [
    'is no file',
    new ObjectNotAFile({ storage, key, file: '/s/a', kind: 'a directory' }),
    `move that away, as with mv /s/a /s/a.not-an-object, then ${again}`,
  ],
];

describe('a published formula whose bundle', () => {
  for (const [what, error, next] of rows)
    it(`${what} is published again in its own revision`, () => {
      const named = ofFormula(error, 'p:web-3');
      assert.ok(named instanceof Error);
      assert.equal(Reflect.get(named, 'next'), next);
      assert.equal(named.message, error.message);
    });

  it('cannot be reached is left as it is', () => {
    const error = new StorageUnreachable({ storage, key, reason: 'ECONNREFUSED' });
    assert.equal(ofFormula(error, 'p:web-3'), error);
  });

  it('is missing from a storage says so by the error that names it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ensemble-bundle-'));
    try {
      const found = await openStorage(`file:${directory}`);
      const failure = await fetchObject(found, key, { sha256: 'a', size: 1 }, join(directory, 'b')).catch(
        (error: unknown) => error,
      );
      assert.equal(Reflect.get(ofFormula(failure, 'p:web-3') as object, 'next'), again);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
