import assert from 'node:assert/strict';
import * as mini from 'zod/mini';
import * as z from '../../../state/platform/zod.js';

describe('what the schemas are made of', () => {
  it('is one of each kind that says nothing of its own', () => {
    for (const kind of [z.string, z.int, z.number, z.boolean, z.unknown]) {
      assert.equal(kind(), kind());
      assert.equal(z.optional(kind()), z.optional(kind()));
      assert.notEqual(kind(), z.optional(kind()));
    }
  });

  it('is another one where something is said', () => {
    assert.notEqual(z.string('a word'), z.string());
    const short = z.string().check(z.maxLength(1));
    assert.deepEqual(
      [short, z.string()].map((schema) => schema.safeParse('ab').success),
      [false, true],
    );
    assert.notEqual(z.optional(short), z.optional(z.string()));
    assert.equal(z.string('a word').safeParse(1).error?.issues[0]?.message, 'a word');
  });

  const values = [undefined, null, '', 'text', 0, 1.5, true, [], {}, { a: 'x', b: { c: 1 } }];
  for (const [what, make] of [
    ['string', ({ string }: typeof z) => string()],
    ['int', ({ int }: typeof z) => int()],
    ['number', ({ number }: typeof z) => number()],
    ['boolean', ({ boolean }: typeof z) => boolean()],
    ['unknown', ({ unknown }: typeof z) => unknown()],
    ['optional', ({ optional, string }: typeof z) => optional(string())],
    ['looseObject', ({ looseObject, optional, string }: typeof z) => looseObject({ a: optional(string()) })],
  ] as const)
    it(`takes and refuses what zod's own ${what} does`, () => {
      const [own, theirs] = [make(z), make({ ...mini })];
      for (const value of values) assert.deepEqual(own.safeParse(value), theirs.safeParse(value));
    });
});
