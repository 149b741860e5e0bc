import assert from 'node:assert/strict';
import * as z from '../../../state/platform/zod.js';
import { describeValue, explainIssue } from '../../../state/yaml/explain-issue.js';

describe('a failed check is told in an author’s words:', () => {
  const rows: readonly (readonly [z.ZodMiniType, unknown, string])[] = [
    [z.string(), undefined, 'is missing'],
    [z.string(), 7, 'must be text, not 7'],
    [z.string(), null, 'must be text, not empty'],
    [z.string(), ['a'], 'must be text, not a list'],
    [z.boolean(), 'yes', 'must be true or false, not "yes"'],
    [z.number(), {}, 'must be a number, not a mapping'],
    [z.int(), 1.5, 'must be a whole number, not 1.5'],
    [z.looseObject({}), 'a', 'must be a mapping, not "a"'],
    [z.array(z.string()), 'a', 'must be a list, not "a"'],
    [z.enum(['a', 'b', 'c']), 'd', 'must be a, b or c, not "d"'],
    [z.enum(['a', 'b']), undefined, 'is missing; write a or b'],
    [z.literal('a'), 'b', 'must be a, not "b"'],
    [z.string().check(z.minLength(3)), 'ab', 'must have at least 3 characters'],
    [z.number().check(z.minimum(3)), 2, 'must be at least 3'],
    [z.number().check(z.maximum(3)), 4, 'must be at most 3'],
    [
      z.record(z.string().check(z.regex(/^a/, 'begins with no a')), z.string()),
      { b: 'c' },
      'begins with no a',
    ],
    [z.string().check(z.regex(/^a/, 'begins with no a')), 'b', 'begins with no a'],
  ];
  for (const [schema, value, words] of rows)
    it(`${JSON.stringify(value)} ${words}`, () => {
      const { error } = z.safeParse(schema, value, { reportInput: true });
      const [issue] = error?.issues ?? [];
      assert.ok(issue !== undefined);
      assert.equal(explainIssue(issue), words);
    });

  it('a long text is cut', () => assert.equal(describeValue('x'.repeat(41)), `"${'x'.repeat(39)}…"`));
  it('a text that just fits is not', () =>
    assert.equal(describeValue('x'.repeat(40)), `"${'x'.repeat(40)}"`));
});
