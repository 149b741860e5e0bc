import assert from 'node:assert/strict';

import { parseSettings } from '../../../hooks/tools/parse-settings.js';

describe('settings in a file', () => {
  const read: readonly (readonly [
    says: string,
    text: string,
    settings: Readonly<Record<string, string | null>>,
  ])[] = [
    ['a map of YAML', 'host: db\nport: 5432\n', { host: 'db', port: '5432' }],
    ['a map of JSON', '{"host": "db", "port": 5432}', { host: 'db', port: '5432' }],
    [
      'values as they are written',
      'a: 1.10\nb: yes\nc: 0x1f\nd: "1.0"\n',
      { a: '1.10', b: 'yes', c: '0x1f', d: '1.0' },
    ],
    ['null and the empty text as deleted', 'a:\nb: null\nc: ""\n', { a: null, b: null, c: null }],
    ['an alias as what it stands for', 'a: &x one\nb: *x\n', { a: 'one', b: 'one' }],
    ['nothing as no change', '', {}],
    ['null as no change', 'null\n', {}],
    ['only a comment as no change', '# later\n', {}],
  ];
  for (const [says, text, settings] of read)
    it(`are read: ${says}`, () => assert.deepEqual(parseSettings(text, '-'), settings));

  const refused: readonly (readonly [says: string, text: string, message: RegExp])[] = [
    ['no YAML', 'a: [1\n', /x\.yaml line \d+ is not YAML or JSON/],
    ['a list', '- a\n', /x\.yaml line 1 is no map of keys and values/],
    ['a single value', 'word\n', /x\.yaml line 1 is no map of keys and values/],
    ['a list for a key', 'a: one\nb:\n  - 1\n', /x\.yaml line 3 has a list or a map for "b"/],
    ['a map for a key', 'a: {b: c}\n', /x\.yaml line 1 has a list or a map for "a"/],
    ['a key that is none', 'a=b: c\n', /x\.yaml line 1 has the key "a=b"/],
    ['a map in the place of a key', '? {a: b}\n: c\n', /has the key ""/],
    ['more depth than anybody means', `${'['.repeat(3_000)}`, /is nested too deeply/],
  ];
  for (const [says, text, message] of refused)
    it(`are refused: ${says}`, () => assert.throws(() => parseSettings(text, 'x.yaml'), { message }));
});
