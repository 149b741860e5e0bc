import assert from 'node:assert/strict';
import { HookContext } from '../../../hooks/context/hook-context.js';
import { applySettings, isSettingsKey, isUnitName, SETTINGS_LIMIT } from '../../../hooks/context/relation.js';
import { savedHookContextSchema } from '../../../hooks/context/saved.js';
import type { RecordingSource } from './recording-source.js';
import { broken, changed, relatedSource } from './related-source.js';

describe('the relations of a hook context', () => {
  let source: RecordingSource;
  let context: HookContext;
  beforeEach(() => {
    source = relatedSource();
    context = new HookContext('id', source, undefined, changed);
  });

  function settingsOf(relation: string): Record<string, Record<string, string>> {
    const found = source.inRelations.find(({ id }) => id === relation);
    assert.ok(found);
    return found.settings;
  }

  describe('read', () => {
    it('show throughout the settings that were read first, of each unit by itself', async () => {
      assert.equal((await context.relations.settings('db:4', 'mysql/0')).port, '3306');
      settingsOf('db:4')['mysql/0'] = { port: '3307' };
      settingsOf('db:4')['mysql/1'] = { port: '3308' };
      assert.equal((await context.relations.settings('db:4', 'mysql/0')).port, '3306');
      assert.equal((await context.relations.settings('db:4', 'mysql/1')).port, '3308', 'read only now');
    });

    it('are not what the agent goes on changing in place', async () => {
      const live = settingsOf('db:4')['mysql/1'] ?? {};
      await context.relations.settings('db:4', 'mysql/1');
      live.port = '1';
      assert.deepEqual(await context.relations.settings('db:4', 'mysql/1'), {
        'private-address': '10.0.1.2',
      });
    });

    it('have the members of the event in their own, whoever has come and gone since', async () => {
      settingsOf('db:4')['mysql/2'] = {};
      delete settingsOf('db:4')['mysql/1'];
      assert.deepEqual(await context.relations.members('db:4'), ['mysql/0', 'mysql/1']);
    });

    it('have the members of the first reading in the others', async () => {
      assert.deepEqual(await context.relations.members('cache:5'), ['fast/0']);
      settingsOf('cache:5')['fast/1'] = {};
      assert.deepEqual(await context.relations.members('cache:5'), ['fast/0']);
    });

    it('are all there throughout that were there at first', async () => {
      const before = await context.relations.all();
      source.inRelations.pop();
      assert.deepEqual(await context.relations.all(), before);
      assert.equal(before.length, 4);
    });

    it('give nothing for a unit that is there and set nothing, or that the hook is about and is gone', async () => {
      delete settingsOf('db:4')['mysql/1'];
      assert.deepEqual(await context.relations.settings('db:4', 'mysql/1'), {});
      delete settingsOf('db:4')['mysql/0'];
      context = new HookContext('id', source, undefined, { ...changed, members: [] });
      assert.deepEqual(await context.relations.settings('db:4', 'mysql/0'), {});
    });

    it('are refused of a unit of which nothing is known, also once it has come', async () => {
      const refused = {
        code: 'hook-relation-unit-unknown',
        message: 'there is no unit mysql/9 in relation db:4; there are mysql/0, mysql/1',
        next: 'relation-list -r db:4',
      };
      await assert.rejects(context.relations.settings('db:4', 'mysql/9'), refused);
      settingsOf('db:4')['mysql/9'] = { port: '1' };
      await assert.rejects(context.relations.settings('db:4', 'mysql/9'), refused);
      const adopted = new HookContext(
        'id',
        source,
        savedHookContextSchema.parse(source.kept.at(-1)),
        changed,
      );
      await assert.rejects(adopted.relations.settings('db:4', 'mysql/9'), refused, 'in the next agent too');
      await assert.rejects(context.relations.settings('cache:6', 'slow/0'), {
        message: 'there is no unit slow/0 in relation cache:6; nobody is there',
      });
    });

    it('are kept before they are answered', async () => {
      await context.relations.settings('db:4', 'mysql/1');
      await context.relations.members('cache:5');
      assert.deepEqual(source.kept.at(-1)?.reads, {
        'relation/db:4/settings/mysql/1': { 'private-address': '10.0.1.2' },
        'relation/cache:5/members': ['fast/0'],
      });
    });
  });

  describe('named', () => {
    it('are found by id, and by name where one alone has it', async () => {
      assert.equal(await context.relations.find('cache:6'), 'cache:6');
      assert.equal(await context.relations.find('loop'), 'loop:7');
      assert.equal(await context.relations.find('db:4'), 'db:4');
    });

    it('are not chosen among several of a name', async () => {
      await assert.rejects(context.relations.find('cache'), {
        code: 'hook-relation-ambiguous',
        message: '"cache" may be any of the relations cache:5, cache:6',
        next: 'name one of them, e.g. -r cache:5',
      });
    });

    for (const wrong of ['db:5', 'constructor', '4', ':4', '']) {
      it(`"${wrong}" are refused with a list of those there`, async () => {
        await assert.rejects(context.relations.find(wrong), {
          code: 'hook-relation-unknown',
          message: `there is no relation "${wrong}"; this unit is in db:4, cache:5, cache:6, loop:7`,
        });
      });
    }

    it('are none in a unit that is in none', async () => {
      source.inRelations = [];
      await assert.rejects(new HookContext('x', source).relations.find('db'), {
        message: 'there is no relation "db"; this unit is in no relation',
      });
    });
  });

  describe('written', () => {
    it('are buffered, the last word on each key counting', async () => {
      await context.relations.set('db:4', { a: '1', b: '2', name: null });
      await context.relations.set('db:4', { a: '3', c: null });
      await context.relations.set('cache:5', { a: '4' });
      assert.deepEqual(settingsOf('db:4')['blog/0'], { 'private-address': '10.0.0.1', name: 'blog' });
      assert.deepEqual(context.finish().relations, {
        'db:4': { a: '3', b: '2', name: null, c: null },
        'cache:5': { a: '4' },
      });
    });

    it('are what the hook itself reads of its own unit at once, over its snapshot', async () => {
      const own = () => context.relations.settings('db:4', 'blog/0');
      await context.relations.set('db:4', { a: '1' });
      assert.deepEqual(await own(), { 'private-address': '10.0.0.1', name: 'blog', a: '1' });
      settingsOf('db:4')['blog/0'] = { name: 'somebody else' };
      await context.relations.set('db:4', { name: null, a: '2' });
      assert.deepEqual(await own(), { 'private-address': '10.0.0.1', a: '2' });
      assert.deepEqual(await context.relations.settings('cache:5', 'blog/0'), {}, 'of that relation alone');
    });

    it('come to nothing where they could not be kept, and leave what was set side by side', async () => {
      await context.relations.set('db:4', { a: '1' });
      let fail: (error: Error) => void = () => undefined;
      const { keep } = source;
      source.keep = () =>
        new Promise((_, reject) => {
          fail = reject;
        });
      const failing = context.relations.set('db:4', { a: '2', b: '2' });
      source.keep = keep;
      await context.relations.set('db:4', { b: '3' });
      fail(new Error('the disk is full'));
      await assert.rejects(failing, /the disk is full/);
      assert.deepEqual(context.finish().relations, { 'db:4': { a: '1', b: '3' } });
    });

    it('may have 512 KiB together and not a byte more', async () => {
      await context.relations.set('cache:5', { k: 'é'.repeat((SETTINGS_LIMIT - 4) / 2) });
      await context.relations.set('db:4', { ab: 'c' });
      await assert.rejects(context.relations.set('db:4', { ab: 'cd' }), {
        code: 'hook-settings-too-large',
        message: 'the settings of this hook would have 524289 bytes, more than 524288',
      });
      await context.relations.set('cache:5', { k: null });
      await context.relations.set('db:4', { ab: 'cd' });
      assert.deepEqual(context.finish().relations, { 'cache:5': { k: null }, 'db:4': { ab: 'cd' } });
    });

    it('are refused once the hook is over, as is every reading', async () => {
      context.finish();
      const over = { code: 'hook-is-over' };
      await assert.rejects(context.relations.set('db:4', { a: '1' }), over);
      await assert.rejects(context.relations.settings('db:4', 'mysql/0'), over);
      await assert.rejects(context.relations.members('db:4'), over);
      await assert.rejects(context.relations.members('cache:5'), over);
      await assert.rejects(context.relations.all(), over);
      assert.deepEqual(context.finish().relations, {});
    });
  });

  describe('in the next agent', () => {
    it('go on as they were kept', async () => {
      await context.relations.settings('db:4', 'mysql/0');
      await context.relations.settings('db:4', 'blog/0');
      await context.relations.members('cache:5');
      await context.relations.all();
      await context.relations.set('db:4', { a: '1', name: null });
      const kept = savedHookContextSchema.parse(source.kept.at(-1));
      source.inRelations = [];
      const adopted = new HookContext('id', source, kept, changed);
      assert.equal((await adopted.relations.settings('db:4', 'mysql/0')).port, '3306');
      assert.deepEqual(await adopted.relations.settings('db:4', 'blog/0'), {
        'private-address': '10.0.0.1',
        a: '1',
      });
      assert.deepEqual(await adopted.relations.members('cache:5'), ['fast/0']);
      assert.equal((await adopted.relations.all()).length, 4);
      await adopted.relations.set('db:4', { a: '2' });
      assert.deepEqual(adopted.finish().relations, { 'db:4': { a: '2', name: null } });
    });

    it('are none in what an agent kept that knew of none, and damaged ones are refused', () => {
      const writes = { ports: { opened: [], closed: [] } };
      assert.deepEqual(savedHookContextSchema.parse({ reads: {}, writes }).writes.relations, {});
      const damaged = { writes: { relations: { 'db:4': { a: 1 } } } };
      assert.throws(() => savedHookContextSchema.parse(damaged));
    });
  });

  describe('in broken', () => {
    beforeEach(() => {
      context = new HookContext('id', source, undefined, broken);
    });

    it('have no members, even where the state tree still has some', async () => {
      assert.deepEqual(await context.relations.members('db:4'), []);
      const careless = new HookContext('x', source, undefined, { ...broken, members: ['mysql/0'] });
      assert.deepEqual(await careless.relations.members('db:4'), []);
    });

    it("let the unit's own settings be read, and nobody else's", async () => {
      assert.equal((await context.relations.settings('db:4', 'blog/0')).name, 'blog');
      await assert.rejects(context.relations.settings('db:4', 'mysql/0'), {
        code: 'hook-relation-broken',
        message:
          'relation db:4 is broken: everybody has left it, and only the settings of blog/0 can be read',
      });
    });

    it('let nothing be set', async () => {
      await assert.rejects(context.relations.set('db:4', { a: '1' }), {
        message: 'relation db:4 is broken: nothing can be set in it any more',
      });
      assert.deepEqual(context.finish().relations, {});
    });

    it('are those that are left: what is gone is not offered, and a name means another of its name', async () => {
      const named = async (): Promise<readonly string[]> =>
        (await context.relations.all()).map(({ id }) => id);
      assert.deepEqual(await named(), ['cache:5', 'cache:6', 'loop:7']);
      assert.equal(await context.relations.find('db'), 'db:4', 'its own settings can be read');
      const gone = { id: 'cache:5', name: 'cache', members: [], broken: true };
      context = new HookContext('id', source, undefined, gone);
      assert.deepEqual(await named(), ['db:4', 'cache:6', 'loop:7']);
      assert.equal(await context.relations.find('cache'), 'cache:6');
    });

    it('are the other relations as ever', async () => {
      assert.deepEqual(await context.relations.settings('cache:5', 'fast/0'), { port: '11211' });
      await context.relations.set('cache:5', { a: '1' });
      assert.deepEqual(context.finish().relations, { 'cache:5': { a: '1' } });
    });
  });
});

describe('a settings key', () => {
  for (const key of ['port', 'private-address', 'a.b_c-D', '0', 'constructor', 'x'.repeat(255)])
    it(`may be ${key.slice(0, 20)}`, () => assert.equal(isSettingsKey(key), true));
  for (const key of ['', '-', '-a', '_a', '__proto__', 'a b', 'a=b', 'a\n', 'é', 'a/b', 'x'.repeat(256)])
    it(`may not be ${JSON.stringify(key.slice(0, 20))}`, () => assert.equal(isSettingsKey(key), false));
});

describe("a unit's name", () => {
  for (const name of ['mysql/0', 'my-sql-2x/12']) it(`may be ${name}`, () => assert.ok(isUnitName(name)));
  for (const name of [
    '',
    'mysql',
    'mysql/',
    '/0',
    'mysql/01',
    'mysql/-1',
    '../mysql/0',
    'mysql/0/x',
    'mysql/0\n',
  ])
    it(`may not be ${JSON.stringify(name)}`, () => assert.equal(isUnitName(name), false));
});

describe('settings after a change', () => {
  it('keep their places and lose what is deleted', () => {
    const after = applySettings({ a: '1', b: '2', c: '3' }, { b: null, d: '4', a: '5', e: null });
    assert.deepEqual(Object.entries(after), [
      ['a', '5'],
      ['c', '3'],
      ['d', '4'],
    ]);
  });
});
