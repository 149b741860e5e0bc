import assert from 'node:assert/strict';
import { parseFormulaFiles } from '../../../state/formula/formula-files.js';

function parse(metadata: string, config = ''): ReturnType<typeof parseFormulaFiles> {
  const files = { 'metadata.yaml': Buffer.from(metadata), 'config.yaml': Buffer.from(config) };
  return parseFormulaFiles(files, (name) => name);
}

interface OptionRow {
  readonly says: string;
  readonly is: { readonly type: string; readonly default?: unknown };
  readonly warning: string | undefined;
}

/** What one option of config.yaml says, and what it is taken for. */
const options: readonly OptionRow[] = [
  { says: '{type: int, default: 80}', is: { type: 'int', default: 80 }, warning: undefined },
  {
    says: '{default: 80}',
    is: { type: 'int', default: 80 },
    warning: 'options.a has no type and is taken for type: int',
  },
  {
    says: '{default: 1.5}',
    is: { type: 'float', default: 1.5 },
    warning: 'options.a has no type and is taken for type: float',
  },
  {
    says: '{default: false}',
    is: { type: 'boolean', default: false },
    warning: 'options.a has no type and is taken for type: boolean',
  },
  {
    says: '{description: ""}',
    is: { type: 'string' },
    warning: 'options.a has no type and is taken for type: string',
  },
  {
    says: '{type: str, default: x}',
    is: { type: 'string', default: 'x' },
    warning: 'options.a.type is taken for string',
  },
  {
    says: '{type: string, default: 8080}',
    is: { type: 'string', default: '8080' },
    warning: 'options.a.default is taken for the text "8080"',
  },
  {
    says: '{type: string, default: 1.10}',
    is: { type: 'string', default: '1.10' },
    warning: 'options.a.default is taken for the text "1.10"',
  },
  {
    says: '{type: string, default: True}',
    is: { type: 'string', default: 'True' },
    warning: 'options.a.default is taken for the text "True"',
  },
  {
    says: '{type: int, default: "80"}',
    is: { type: 'int', default: 80 },
    warning: 'options.a.default is taken for the number 80',
  },
  {
    says: '{type: boolean, default: yes}',
    is: { type: 'boolean', default: true },
    warning: 'options.a.default is taken for true',
  },
  {
    says: '{type: boolean, default: "Off"}',
    is: { type: 'boolean', default: false },
    warning: 'options.a.default is taken for false',
  },
  {
    says: '{type: int, defualt: 1}',
    is: { type: 'int' },
    warning: 'options.a.defualt is no key that is known; is it meant to be default?',
  },
];

describe('a formula of the predecessors', () => {
  for (const { says, is, warning } of options)
    it(`option ${says} is ${JSON.stringify(is)}, ${warning === undefined ? 'without a word' : 'and the author is told'}`, () => {
      const { config, warnings } = parse('name: a\nrevision: 1\n', `options:\n  a: ${says}\n`);
      const { type, default: value } = config.a ?? assert.fail('it is not there');
      assert.deepEqual({ type, ...(value !== undefined && { default: value }) }, is);
      assert.deepEqual(warnings, warning === undefined ? [] : [`config.yaml:2: ${warning}`]);
    });

  it('without a revision has revision 0, and the author is told', () => {
    const { metadata, warnings } = parse('name: a\n');
    assert.equal(metadata.revision, 0);
    assert.deepEqual(warnings, [
      'metadata.yaml:1: revision is missing and taken for 0; each upgrade needs a higher one',
    ]);
  });

  it('names its maintainers as a map or a list, which become text', () => {
    const map = parse('name: a\nrevision: 1\nmaintainer: {name: Ada, email: ada@example.com}\n');
    assert.equal(map.metadata.maintainer, 'Ada <ada@example.com>');
    assert.equal(map.warnings.length, 1);
    const list = parse('name: a\nrevision: 1\nmaintainer: [Ada, {name: Bob}]\n');
    assert.equal(list.metadata.maintainer, 'Ada, Bob');
  });

  it('says yes and no where booleans are due, as YAML 1.1 does', () => {
    const { metadata, warnings } = parse(
      'name: a\nrevision: 1\nsubordinate: no\nrequires: {db: {interface: x, optional: yes}}\n',
    );
    assert.equal(metadata.subordinate, false);
    assert.equal(metadata.requires.db?.optional, true);
    assert.equal(warnings.length, 2);
  });

  it('is told of keys that are nearly those that are known, at each level', () => {
    const { warnings } = parse(
      'name: a\nrevision: 1\nsumary: x\nrequires: {db: {interface: x, optinal: true}}\n',
      'option: {}\n',
    );
    assert.deepEqual(warnings, [
      'metadata.yaml:3: sumary is no key that is known; is it meant to be summary?',
      'metadata.yaml:4: requires.db.optinal is no key that is known; is it meant to be optional?',
      'config.yaml:1: option is no key that is known; is it meant to be options?',
    ]);
  });

  it('is told nothing of keys that are its own business', () => {
    const metadata =
      'name: a\nrevision: 1\nmaintainers: [x]\ntags: [x]\nseries: [y]\nformat: 2\ncategories: [z]\n';
    assert.deepEqual(parse(metadata, 'options: {a: {type: int, source: x}}\n').warnings, []);
  });
});
