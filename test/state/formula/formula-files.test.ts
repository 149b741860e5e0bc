import assert from 'node:assert/strict';
import { FormulaInvalid } from '../../../state/formula/errors.js';
import {
  type FormulaFileName,
  glimpseIdentity,
  parseFormulaFiles,
  parseRevision,
} from '../../../state/formula/formula-files.js';

type Texts = Readonly<Partial<Record<FormulaFileName, string>>>;

function bytesOf(texts: Texts): Readonly<Partial<Record<FormulaFileName, Uint8Array>>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));
}

const parse = (texts: Texts) => parseFormulaFiles(bytesOf(texts), (name) => `f/${name}`);

describe('the revision of a formula', () => {
  const missing = 'f/metadata.yaml:1: revision is missing and taken for 0; each upgrade needs a higher one';
  const rows: readonly (readonly [string, Texts, number, readonly string[]])[] = [
    ['is what its metadata.yaml says', { 'metadata.yaml': 'name: a\nrevision: 3' }, 3, []],
    ['is what its revision file says', { 'metadata.yaml': 'name: a', revision: '4\n' }, 4, []],
    ['may be said by both', { 'metadata.yaml': 'name: a\nrevision: 3', revision: '3' }, 3, []],
    ['is 0 if neither says one, with a warning', { 'metadata.yaml': 'name: a' }, 0, [missing]],
  ];
  for (const [rule, texts, revision, warnings] of rows)
    it(rule, () => {
      const parsed = parse(texts);
      assert.deepEqual([parsed.metadata.revision, parsed.warnings], [revision, warnings]);
    });
});

describe('files that make no formula are refused', () => {
  const rows: readonly (readonly [string, Texts, readonly RegExp[]])[] = [
    ['without a metadata.yaml', {}, [/^f\/metadata\.yaml:1: /]],
    [
      'if two files say different revisions',
      { 'metadata.yaml': 'name: a\nrevision: 3', revision: '4' },
      [/^f\/metadata\.yaml:2: revision: is 3 here and 4 in f\/revision; keep one of the two$/],
    ],
    [
      'if the revision file holds no number',
      { 'metadata.yaml': 'name: a', revision: 'two' },
      [/^f\/revision:1: must hold one whole number/],
    ],
    [
      'with the problems of all files at once',
      { 'metadata.yaml': 'name: A B', 'config.yaml': 'options: 7', revision: '' },
      [/^f\/metadata\.yaml:1: name: /, /^f\/config\.yaml:1: options: /, /^f\/revision:1: /],
    ],
  ];
  for (const [rule, texts, lines] of rows)
    it(rule, () =>
      assert.throws(
        () => parse(texts),
        (error: unknown) => {
          assert.ok(error instanceof FormulaInvalid, String(error));
          const said = error.message.split('\n');
          assert.equal(said.length, lines.length, error.message);
          for (const [index, line] of lines.entries()) assert.match(said[index] ?? '', line);
          return true;
        },
      ),
    );
});

describe('options', () => {
  it('are those of config.yaml, and none without that file', () => {
    const metadata = { 'metadata.yaml': 'name: a\nrevision: 1' };
    assert.deepEqual(Object.keys(parse(metadata).config), []);
    const config = 'options: {zone: {type: string, default: UTC}}';
    assert.deepEqual(Object.keys(parse({ ...metadata, 'config.yaml': config }).config), ['zone']);
  });
});

describe('of an invalid formula it is glimpsed', () => {
  const rows: readonly (readonly [string, string | Uint8Array | undefined, object])[] = [
    [
      'who it is, though something else is wrong',
      'name: a\nrevision: 3\nbogus: 1',
      { name: 'a', revision: 3 },
    ],
    ['its name alone', 'name: a\nrevision: x', { name: 'a' }],
    ['its revision alone', 'name: A B\nrevision: 3', { revision: 3 }],
    ['nothing, if it is a list', '[a, b]', {}],
    ['nothing, if it is a number', '7', {}],
    ['nothing, if it is no text', Uint8Array.of(0xff, 0xfe, 0xff), {}],
    ['nothing, if it is not there', undefined, {}],
  ];
  for (const [rule, metadata, identity] of rows)
    it(rule, () => {
      const file = typeof metadata === 'string' ? Buffer.from(metadata) : metadata;
      assert.deepEqual(glimpseIdentity(file === undefined ? {} : { 'metadata.yaml': file }), identity);
    });
});

describe('a revision file holds', () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    [' 12\n', 12],
    ['', undefined],
    ['1 2', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['0x1', undefined],
    ['99999999999999999999', undefined],
  ];
  for (const [text, revision] of rows)
    it(`${JSON.stringify(text)}: ${revision ?? 'not a revision'}`, () => {
      const parsed = parseRevision(Buffer.from(text), 'revision');
      if (revision !== undefined) assert.equal(parsed, revision);
      else assert.ok(typeof parsed === 'object' && parsed.file === 'revision' && parsed.line === 1);
    });
});
