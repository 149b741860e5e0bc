import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { HookContext } from '../../../hooks/context/hook-context.js';
import { type SettingsChange, SETTINGS_LIMIT } from '../../../hooks/context/relation.js';
import { relationGet } from '../../../hooks/tools/relation-get.js';
import { relationSet } from '../../../hooks/tools/relation-set.js';
import { runTool } from '../../../hooks/tools/run-tool.js';
import { InputWanted, type ToolResult } from '../../../hooks/tools/tool.js';
import type { RecordingSource } from '../context/recording-source.js';
import { changed, relatedSource } from '../context/related-source.js';

describe('relation-set', () => {
  let directory: string;
  let source: RecordingSource;
  let context: HookContext;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ensemble-settings-'));
    source = relatedSource();
    context = new HookContext('id', source, undefined, changed);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }));

  const call = (words: string[], input?: string): Promise<ToolResult | InputWanted> =>
    runTool(relationSet, { context, arguments: words, directory, input });

  async function sets(words: string[], change: SettingsChange, input?: string): Promise<void> {
    assert.deepEqual(await call(words, input), { exit: 0, stdout: '', stderr: '' });
    assert.deepEqual(context.finish().relations, { 'db:4': change });
  }

  async function refuses(words: string[], exit: 1 | 2, sentence: RegExp): Promise<void> {
    const result = await call(words);
    assert.ok(!(result instanceof InputWanted));
    assert.deepEqual([result.exit, result.stdout], [exit, '']);
    assert.match(result.stderr, sentence);
    if (exit === 2) assert.match(result.stderr, /--help/);
    assert.deepEqual(context.finish().relations, {}, 'nothing comes of it');
  }

  function file(name: string, text: string | Buffer): void {
    writeFileSync(join(directory, name), text);
  }

  describe('on the command line', () => {
    const rows: [string[], SettingsChange][] = [
      [['a=1'], { a: '1' }],
      [['a=1', 'b=two words', 'a=3'], { a: '3', b: 'two words' }],
      [['a='], { a: null }],
      [['a==b=c'], { a: '=b=c' }],
      [['a=-x', 'b=--help'], { a: '-x', b: '--help' }],
      [['a= ', 'b=\n'], { a: ' ', b: '\n' }],
      [['-r', 'db', 'a=1'], { a: '1' }],
      [['a=1', '-r', 'db:4', 'b=2'], { a: '1', b: '2' }],
      [['constructor=1', 'hasOwnProperty='], { constructor: '1', hasOwnProperty: null }],
    ];
    for (const [words, change] of rows)
      it(`${JSON.stringify(words.join(' '))} sets ${JSON.stringify(change)}`, () => sets(words, change));

    it('sets in the relation that is named', async () => {
      await call(['-r', 'cache:6', 'a=1']);
      assert.deepEqual(context.finish().relations, { 'cache:6': { a: '1' } });
    });

    const refusals: [string[], RegExp][] = [
      [[], /^relation-set: there is nothing to set: write KEY=VALUE, or --file FILE\n/],
      [['a'], /^relation-set: "a" is no KEY=VALUE\n/],
      [['a=1', 'b'], /"b" is no KEY=VALUE/],
      [['=1'], /"=1" sets "", which is no key: a letter or digit, then/],
      [['__proto__=1'], /sets "__proto__", which is no key/],
      [['a b=1'], /sets "a b", which is no key/],
      [['a\n=1'], /which is no key/],
      [['-x=1'], /unknown option '-x=1'/],
      [['--file'], /option '--file <file>' argument missing/],
    ];
    for (const [words, sentence] of refusals)
      it(`${JSON.stringify(words.join(' '))} is wrong usage`, () => refuses(words, 2, sentence));
  });

  describe('of a file', () => {
    it('takes what it holds, to the byte, from the directory of the caller or by its whole path', async () => {
      const text = '-----BEGIN-----\n\tü 😀 "\'$`\\\r\n\n';
      file('a.crt', text);
      file('empty', '');
      symlinkSync('a.crt', join(directory, 'link'));
      mkdirSync(join(directory, 'sub'));
      const words = ['a=@a.crt', `b=@${directory}/a.crt`, 'c=@sub/../link', 'd=@empty', 'e=a@b'];
      await sets(words, { a: text, b: text, c: text, d: null, e: 'a@b' });
    });

    const rows: [string, string, SettingsChange][] = [
      [
        'YAML',
        'a: 1.10\nb: "x y"\nc: true\nd: 080\ne: |\n  1\n  2\n',
        { a: '1.10', b: 'x y', c: 'true', d: '080', e: '1\n2\n' },
      ],
      [
        'JSON',
        '{"a": 1.10, "b": "\\u00fc\\n", "c": false, "d": null}',
        { a: '1.10', b: 'ü\n', c: 'false', d: null },
      ],
      [
        'what deletes',
        "a:\nb: ''\nc: ~\nd: null\ne: 'null'\n",
        { a: null, b: null, c: null, d: null, e: 'null' },
      ],
      ['keys that are numbers', '80: a\n1.50: b\n', { 80: 'a', '1.50': 'b' }],
      ['an alias', 'a: &x 5\nb: *x\n', { a: '5', b: '5' }],
      [
        'large numbers',
        'a: 12345678901234567890\nb: 1e3\nc: 2026-11-20\n',
        { a: '12345678901234567890', b: '1e3', c: '2026-11-20' },
      ],
    ];
    for (const [what, text, change] of rows) {
      it(`--file reads ${what}, values as they are written`, async () => {
        file('settings', text);
        await sets(['--file', 'settings'], change);
      });
    }

    it('--file gives way to what the command line sets', async () => {
      file('settings', 'a: 1\nb: 2\nc: 3\n');
      await sets(['--file', 'settings', 'b=@settings', 'c='], { a: '1', b: 'a: 1\nb: 2\nc: 3\n', c: null });
    });

    it('--file that holds nothing sets nothing', async () => {
      file('settings', '# nothing\n');
      await sets(['--file', 'settings'], {});
    });

    it('--file - asks for standard input before it does anything', async () => {
      assert.ok((await call(['--file', '-', 'b=2'])) instanceof InputWanted);
      assert.deepEqual(source.kept, []);
      await sets(['--file', '-', 'b=2'], { a: '1', b: '2' }, 'a: 1\n');
    });

    const damaged: [string, string | Buffer, RegExp][] = [
      ['a list', '- a\n', /^relation-set: "settings" line 1 is no map of keys and values\n/],
      ['a word', 'word\n', /"settings" line 1 is no map/],
      [
        'a map in it',
        'a: 1\nb:\n  c: 2\n',
        /"settings" line 3 has a list or a map for "b"; settings are single values/,
      ],
      ['a list in it', 'a: [1]\n', /line 1 has a list or a map for "a"/],
      ['an alias of a map', 'a: 1\nb: &x {c: 1}\n', /line 2 has a list or a map for "b"/],
      ['an alias of nothing', 'a: *x\n', /line 1/],
      ['a key that is none', 'a: 1\n"b c": 2\n', /line 2 has the key "b c", which is no key/],
      ['__proto__', '{"__proto__": "1"}', /has the key "__proto__"/],
      ['an empty key', ': 1\n', /has the key ""/],
      ['a merge', 'a: &x {b: 1}\n<<: *x\n', /line/],
      ['a key twice', 'a: 1\na: 2\n', /line 2 is not YAML or JSON: Map keys must be unique/],
      ['no YAML', 'a: 1\nb: "\n', /is not YAML or JSON/],
      ['two documents', 'a: 1\n---\nb: 2\n', /is not YAML or JSON/],
      ['absurd nesting', '['.repeat(100_000), /"settings" is nested too deeply/],
      ['no text', Buffer.from([0x61, 0x3a, 0x20, 0xff]), /"settings" is not UTF-8 text/],
      ['too much', `a: ${'x'.repeat(SETTINGS_LIMIT)}`, /"settings" has more than 524288 bytes/],
    ];
    for (const [what, text, sentence] of damaged) {
      it(`--file refuses ${what} and says where`, async () => {
        file('settings', text);
        await refuses(['--file', 'settings', 'z=1'], 1, sentence);
      });
    }

    it('says why it cannot be read, and never hangs on what is no file', async () => {
      mkdirSync(join(directory, 'd'));
      execFileSync('mkfifo', [join(directory, 'fifo')]);
      file('secret', 'x');
      chmodSync(join(directory, 'secret'), 0);
      const rows: [string, RegExp][] = [
        ['none', /^relation-set: "none" is not there\n/],
        ['secret/x', /"secret\/x" is not there/],
        ['', /"" is not there/],
        ['d', /"d" is not a file/],
        ['fifo', /"fifo" is not a file/],
        [
          '/dev/zero',
          /"\/dev\/zero" is the hook's own and cannot be read by the agent\n {2}next: .*--file -/,
        ],
        ['/dev/fd/3', /cannot be read by the agent/],
        ['/proc/self/environ', /cannot be read by the agent/],
      ];
      if (process.getuid?.() !== 0) rows.push(['secret', /"secret" may not be read by this user/]);
      for (const [name, sentence] of rows) {
        for (const words of [[`a=@${name}`], ['--file', name]]) {
          context = new HookContext('id', source, undefined, changed);
          await refuses(words, 1, sentence);
        }
      }
    });

    it('is not looked for beside the agent where the caller has no directory any more', async () => {
      const result = await runTool(relationSet, { context, arguments: ['a=@package.json'], directory: '' });
      assert.ok(!(result instanceof InputWanted));
      assert.deepEqual([result.exit, result.stderr], [1, 'relation-set: "package.json" is not there\n']);
    });
  });

  it('followed by relation-get behaves like a map, for any keys and values', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    const key = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,8}$/);
    const value = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.startsWith('@'));
    const pairs = fc.array(fc.tuple(fc.oneof(fc.constantFrom('a', 'name', 'toString'), key), value), {
      minLength: 1,
      maxLength: 5,
    });
    const property = fc.asyncProperty(
      fc.array(fc.tuple(pairs, fc.constantFrom('words', 'file', 'input'))),
      async (calls) => {
        context = new HookContext('id', source, undefined, changed);
        const model = new Map(Object.entries({ 'private-address': '10.0.0.1', name: 'blog' }));
        for (const [settings, how] of calls) {
          const last = new Map(settings);
          const json = `{${[...last].map(([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`).join()}}`;
          if (how === 'file') file('settings', json);
          const words = {
            words: settings.map(([name, text]) => `${name}=${text}`),
            file: ['--file', 'settings'],
            input: ['--file', '-'],
          }[how];
          assert.deepEqual(await call(['-r', 'db', ...words], json), { exit: 0, stdout: '', stderr: '' });
          for (const [name, text] of last) {
            if (text === '') model.delete(name);
            else model.set(name, text);
          }
          const read = await runTool(relationGet, {
            context,
            arguments: ['--format', 'json', '-', 'blog/0'],
            directory,
          });
          assert.ok(!(read instanceof InputWanted));
          assert.deepEqual(new Map(Object.entries(JSON.parse(read.stdout))), model);
        }
      },
    );
    await fc.assert(property, { seed, numRuns: 200 }).catch((error) => {
      throw new Error(`seed ${seed}: ${error.message}`);
    });
  });
});
