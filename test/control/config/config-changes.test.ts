import assert from 'node:assert/strict';

import { changesOf, changeText, setEntry, valuesOf } from '../../../control/config/config-changes.js';

const requester = { requestedAt: '2026-01-01T00:00:00.000Z', by: 'me@here' };
const isSecret = (option: string): boolean => option === 'password';

describe('the changes of a config', () => {
  it('are by option what it was and is, and never a secret', () =>
    assert.deepEqual(
      changesOf(
        { title: 'a', gone: 1, password: 'x' },
        { title: 'b', fresh: true, password: 'y' },
        ['title', 'gone', 'fresh', 'password', 'never'],
        isSecret,
      ),
      {
        title: { from: 'a', to: 'b' },
        gone: { from: 1 },
        fresh: { to: true },
        password: { secret: true },
        never: {},
      },
    ));

  it('are of options, and of nothing that every object has', () => {
    assert.deepEqual(changesOf({}, {}, ['constructor'], isSecret), { constructor: {} });
    assert.deepEqual(valuesOf({ a: 1 }, ['a', 'toString']), { a: 1, toString: null });
  });

  const texts: readonly (readonly [change: Parameters<typeof changeText>[0], text: string])[] = [
    [['title', { from: 'a', to: 'b' }], 'title: "a" → "b"'],
    [['count', { to: 3 }], 'count: (default) → 3'],
    [['title', { from: '' }], 'title: "" → (default)'],
    [['password', { secret: true }], 'password: (secret)'],
  ];
  for (const [change, text] of texts) it(`are said: ${text}`, () => assert.equal(changeText(change), text));

  it('are on record with long values cut, and of many with the names of the rest', () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`o${index}`, { to: index }]));
    const entry = setEntry(requester, { ...many }, false);
    assert.match(entry.message ?? '', /^o0: \(default\) → 0, o1: \(default\) → 1, /);
    const { changes, alsoChanged } = entry.details as { changes: object; alsoChanged: readonly string[] };
    assert.equal(Object.keys(changes).length, 10);
    assert.deepEqual(alsoChanged, ['o10', 'o11']);
    const long = setEntry(requester, { title: { to: 'x'.repeat(80) } }, true);
    assert.equal(long.message, `undo: title: (default) → "${'x'.repeat(60)}…"`);
  });
});
