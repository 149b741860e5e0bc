import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HookContext } from '../../../hooks/context/hook-context.js';
import { savedHookContextSchema } from '../../../hooks/context/saved.js';
import type { RecordingSource } from './recording-source.js';
import { changed, relatedSource } from './related-source.js';

describe('the relations of a hook context, with random calls', () => {
  it('behave like a map per unit that is copied at the first look, whatever the order of calls', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    const relation = fc.constantFrom('db:4', 'cache:5', 'loop:7');
    const unit = fc.constantFrom('blog/0', 'mysql/0', 'fast/0');
    const key = fc.constantFrom('a', 'b', 'constructor', 'private-address', '0');
    const value = fc.constantFrom('1', '2', ' ', '__proto__');
    const step = fc.oneof(
      fc.record({ do: fc.constant('get' as const), relation, unit }),
      fc.record({
        do: fc.constant('set' as const),
        relation,
        change: fc.dictionary(key, fc.option(value), { maxKeys: 3, noNullPrototype: true }),
      }),
      fc.record({
        do: fc.constant('outside' as const),
        relation,
        unit,
        settings: fc.dictionary(key, value, { noNullPrototype: true }),
      }),
      fc.record({ do: fc.constant('members' as const), relation }),
      fc.record({ do: fc.constant('restart' as const) }),
      fc.record({ do: fc.constant('full disk' as const), relation, unit, key, value }),
    );
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const source = relatedSource();
      let context = new HookContext('id', source, undefined, changed);
      const seen = new Map<string, Record<string, string> | undefined>();
      const membersSeen = new Map<string, string[]>([['db:4', ['mysql/0', 'mysql/1']]]);
      const set = new Map<string, Record<string, string | null>>();
      for (const each of steps) {
        if (each.do === 'get') {
          const name = `${each.relation} ${each.unit}`;
          const first = seen.has(name) ? seen.get(name) : settingsOf(source, each.relation)[each.unit];
          seen.set(name, structuredClone(first));
          if (first === undefined && each.unit !== 'blog/0') {
            const members = membersSeen.get(each.relation) ?? source.members(each.relation);
            membersSeen.set(each.relation, members);
            if (!members.includes(each.unit)) {
              const unknown = { code: 'hook-relation-unit-unknown' };
              await assert.rejects(context.relations.settings(each.relation, each.unit), unknown);
              continue;
            }
          }
          const mine = each.unit === 'blog/0' ? (set.get(each.relation) ?? {}) : {};
          const expected = new Map<string, string | null>([
            ...Object.entries(first ?? {}),
            ...Object.entries(mine),
          ]);
          const present = [...expected].filter(([, text]) => text !== null);
          const got = await context.relations.settings(each.relation, each.unit);
          assert.deepEqual(new Map(Object.entries(got)), new Map(present));
        } else if (each.do === 'set') {
          await context.relations.set(each.relation, each.change);
          set.set(each.relation, { ...set.get(each.relation), ...each.change });
        } else if (each.do === 'outside') {
          settingsOf(source, each.relation)[each.unit] = each.settings;
        } else if (each.do === 'members') {
          const first = membersSeen.get(each.relation) ?? source.members(each.relation);
          membersSeen.set(each.relation, first);
          assert.deepEqual(await context.relations.members(each.relation), first);
        } else if (each.do === 'restart') {
          const kept = savedHookContextSchema.parse(source.kept.at(-1) ?? {});
          context = new HookContext('id', source, kept, changed);
        } else {
          const { keep } = source;
          source.keep = () => Promise.reject(new Error('the disk is full'));
          await assert.rejects(context.relations.set(each.relation, { [each.key]: each.value }));
          source.keep = keep;
        }
      }
      assert.deepEqual(context.finish().relations, Object.fromEntries(set));
    });
    await fc.assert(property, { seed, numRuns: 300 }).catch((error) => {
      throw new Error(`seed ${seed}: ${error.message}`);
    });
  });
});

function settingsOf(source: RecordingSource, relation: string): Record<string, Record<string, string>> {
  const found = source.inRelations.find(({ id }) => id === relation);
  assert.ok(found);
  return found.settings;
}
