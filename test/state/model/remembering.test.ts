import assert from 'node:assert/strict';
import { parseEntity } from '../../../state/model/entity.js';
import { remembering } from '../../../state/model/remembering.js';
import * as z from '../../../state/platform/zod.js';

describe('a schema that remembers', () => {
  const read = (schema: z.ZodMiniType<{ n: number }>, value: string): { n: number } | undefined =>
    parseEntity('/x', schema, { value, version: 0, ephemeral: false })?.value;

  it('validates the same text once, and forgets when many others came', () => {
    const schema = remembering(z.looseObject({ n: z.number(), pad: z.optional(z.string()) }));
    const first = read(schema, '{"n":1}');
    assert.equal(read(schema, '{"n":1}'), first);
    for (let n = 2; n < 130; n += 1) read(schema, `{"n":${n}}`);
    assert.notEqual(read(schema, '{"n":1}'), first);
    assert.deepEqual(read(schema, '{"n":1}'), first);
  });

  it('does not keep long texts, and another schema has its own', () => {
    const schema = remembering(z.looseObject({ n: z.number(), pad: z.optional(z.string()) }));
    const long = JSON.stringify({ n: 1, pad: 'x'.repeat(1_000) });
    assert.notEqual(read(schema, long), read(schema, long));
    const plain = z.looseObject({ n: z.number() });
    assert.notEqual(read(plain, '{"n":1}'), read(plain, '{"n":1}'));
  });
});
