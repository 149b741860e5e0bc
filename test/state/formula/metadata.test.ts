import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { configOptionsSchema } from '../../../state/formula/config-options.js';
import { FormulaInvalid } from '../../../state/formula/errors.js';
import { type FormulaFiles, parseFormulaFiles } from '../../../state/formula/formula-files.js';
import { healthInterval } from '../../../state/formula/health-rules.js';
import { defaultUpgradeRules, upgradeRules } from '../../../state/formula/upgrade-rules.js';
import { metadataSchema } from '../../../state/formula/metadata.js';

type Texts = {
  readonly metadata?: string | Buffer;
  readonly config?: string | Buffer;
  readonly revision?: string;
};

function parse(texts: Texts): ReturnType<typeof parseFormulaFiles> {
  const files: FormulaFiles = {
    'metadata.yaml': Buffer.from(texts.metadata ?? 'name: mysql\nrevision: 1\n'),
    ...(texts.config === undefined ? {} : { 'config.yaml': Buffer.from(texts.config) }),
    ...(texts.revision === undefined ? {} : { revision: Buffer.from(texts.revision) }),
  };
  return parseFormulaFiles(files, (name) => name);
}

function refusal(texts: Texts): FormulaInvalid {
  try {
    parse(texts);
  } catch (error) {
    assert.ok(error instanceof FormulaInvalid, String(error));
    return error;
  }
  return assert.fail('it was accepted');
}

describe('metadata.yaml', () => {
  it('may leave out all but name and revision', () => {
    assert.deepEqual(parse({}).metadata, {
      name: 'mysql',
      revision: 1,
      summary: '',
      description: '',
      maintainer: '',
      subordinate: false,
      provides: {},
      requires: {},
      peers: {},
    });
  });

  it('says what it is as a release, with what it leaves out', () => {
    const release = (text: string): unknown =>
      parse({ metadata: `name: mysql\nrevision: 1\n${text}` }).metadata.release;
    const table: readonly (readonly [string, unknown])[] = [
      ['', undefined],
      ['release:\n', undefined],
      ['release: {}\n', { line: 1, prerelease: false }],
      ['release: {line: 0}\n', { line: 0, prerelease: false }],
      ['release: {prerelease: yes}\n', { line: 1, prerelease: true }],
      ['release: {urgent: security}\n', { line: 1, prerelease: false, urgent: 'security' }],
      ['release: {ensemble: ">=0.3"}\n', { line: 1, prerelease: false, ensemble: '>=0.3' }],
    ];
    for (const [text, expected] of table) assert.deepEqual(release(text), expected, text);
  });

  it('is refused with the line where its release cannot be understood', () => {
    const table: readonly (readonly [string, RegExp])[] = [
      ['release: 2', /^metadata\.yaml:3: release: /],
      ['release: {line: -1}', /^metadata\.yaml:3: release\.line: /],
      ['release: {line: two}', /^metadata\.yaml:3: release\.line: /],
      ['release: {prerelease: maybe}', /^metadata\.yaml:3: release\.prerelease: /],
      [
        'release: {urgent: very}',
        /^metadata\.yaml:3: release\.urgent: must be security or data-loss, not "very"$/,
      ],
      ['release: {ensemble: 0.3}', /^metadata\.yaml:3: release\.ensemble: must be text, not 0\.3$/],
      ['release: {ensemble: new}', /^metadata\.yaml:3: release\.ensemble: is no range of versions/],
    ];
    for (const [text, said] of table)
      assert.match(refusal({ metadata: `name: mysql\nrevision: 1\n${text}\n` }).message, said, text);
  });

  it('says what its units do about upgrades while they are busy', () => {
    const upgrade = (text: string): unknown =>
      upgradeRules(parse({ metadata: `name: mysql\nrevision: 1\n${text}` }).metadata.upgrade);
    assert.deepEqual(upgrade(''), defaultUpgradeRules);
    assert.deepEqual(upgrade('upgrade:\n'), defaultUpgradeRules);
    assert.deepEqual(upgrade('upgrade: {new-work: block, max-postpone: 36h}\n'), {
      ...defaultUpgradeRules,
      newWork: 'block',
      maxPostpone: 36 * 3_600_000,
    });
    const table: readonly (readonly [string, RegExp])[] = [
      ['upgrade: later', /^metadata\.yaml:3: upgrade: /],
      ['upgrade: {busy: never}', /^metadata\.yaml:3: upgrade\.busy: must be wait or ignore, not "never"$/],
      ['upgrade: {max-postpone: 14}', /^metadata\.yaml:3: upgrade\.max-postpone: must be text, not 14$/],
      [
        'upgrade: {max-postpone: soon}',
        /^metadata\.yaml:3: upgrade\.max-postpone: is no time; write it like /,
      ],
      [
        'upgrade: {max-postpone: 2000d}',
        /^metadata\.yaml:3: upgrade\.max-postpone: is no time; .* at most 365d/,
      ],
      ['upgrade: {on-timeout: perhaps}', /^metadata\.yaml:3: upgrade\.on-timeout: must be /],
    ];
    for (const [text, said] of table)
      assert.match(refusal({ metadata: `name: mysql\nrevision: 1\n${text}\n` }).message, said, text);
    const { warnings } = parse({ metadata: 'name: mysql\nrevision: 1\nupgrade: {newwork: block}\n' });
    assert.match(warnings.join(), /upgrade\.newwork is no key that is known; is it meant to be new-work\?/);
  });

  it('says how often its units are asked for their health', () => {
    const interval = (text: string): unknown =>
      healthInterval(parse({ metadata: `name: mysql\nrevision: 1\n${text}` }).metadata.health);
    assert.equal(interval(''), undefined);
    assert.equal(interval('health:\n'), undefined);
    assert.equal(interval('health: {interval: 30s}\n'), 30_000);
    const table: readonly (readonly [string, RegExp])[] = [
      ['health: often', /^metadata\.yaml:3: health: /],
      ['health: {interval: 30}', /^metadata\.yaml:3: health\.interval: must be text, not 30$/],
      ['health: {interval: 2d}', /^metadata\.yaml:3: health\.interval: is no time; .* at most 1d/],
    ];
    for (const [text, said] of table)
      assert.match(refusal({ metadata: `name: mysql\nrevision: 1\n${text}\n` }).message, said, text);
    const { warnings } = parse({ metadata: 'name: mysql\nrevision: 1\nhealth: {intervall: 30s}\n' });
    assert.match(warnings.join(), /health\.intervall is no key that is known; is it meant to be interval\?/);
  });

  it('tells of a key of its release that is misspelt', () => {
    const { warnings } = parse({ metadata: 'name: mysql\nrevision: 1\nrelease: {prerelese: true}\n' });
    assert.match(
      warnings.join(),
      /release\.prerelese is no key that is known; is it meant to be prerelease\?/,
    );
  });

  it('is read where it was published before a release had a meaning', () => {
    const { metadata } = parse({});
    for (const release of ['stable', 3, ['x'], { line: 'two' }])
      assert.equal(metadataSchema.parse({ ...metadata, release }).release, undefined);
  });

  it('of a subordinate requires a relation of container scope', () => {
    const subordinate = 'name: mysql\nrevision: 1\nsubordinate: true\n';
    const host = 'requires: {host: {interface: ensemble-info, scope: container}}\n';
    assert.equal(parse({ metadata: `${subordinate}${host}` }).metadata.subordinate, true);
    for (const metadata of [subordinate, `${subordinate}provides: {x: {interface: i, scope: container}}\n`])
      assert.match(refusal({ metadata }).message, /subordinate/);
  });

  it('names relations in full or, as in pyjuju, by their interface alone', () => {
    const { metadata } = parse({
      metadata: `name: blog
revision: 3
provides:
  website: {interface: http, limit: 2}
requires:
  db: mysql
  log: {interface: syslog, optional: true, scope: container, limit: null}
peers:
`,
    });
    assert.deepEqual(metadata.provides, {
      website: { interface: 'http', optional: false, limit: 2, scope: 'global' },
    });
    assert.deepEqual(metadata.requires, {
      db: { interface: 'mysql', optional: false, limit: null, scope: 'global' },
      log: { interface: 'syslog', optional: true, limit: null, scope: 'container' },
    });
    assert.deepEqual(metadata.peers, {});
  });

  it('keeps keys that it does not know', () => {
    const { metadata } = parse({
      metadata: 'name: a\nrevision: 1\ntags: [x, y]\nprovides: {w: {interface: http, weight: 3}}\n',
    });
    assert.deepEqual(Object.entries(metadata).find(([key]) => key === 'tags')?.[1], ['x', 'y']);
    assert.ok('weight' in (metadata.provides.w ?? {}));
  });

  it('reads back the same from what the coordinator holds of it', () => {
    const { metadata, config } = parse({
      metadata: 'name: a\nrevision: 1\nextra: 1\nprovides: {w: http}\n',
      config: 'options: {port: {type: int, default: 80, unit: tcp}}',
    });
    assert.deepEqual(metadataSchema.parse(JSON.parse(JSON.stringify(metadata))), metadata);
    assert.deepEqual(configOptionsSchema.parse(JSON.parse(JSON.stringify(config))), config);
  });

  it('reports all problems of all files at once, each with its line and field', () => {
    const error = refusal({
      metadata: `name: MySQL
summary: [not, text]
requires:
  db:
    interface: mysql
    limit: many

    scope: unit
  "1x": http
revision: -1
`,
      config: 'options:\n  port:\n    type: number\n',
    });
    assert.deepEqual(error.message.split('\n'), [
      'metadata.yaml:1: name: must be lower-case letters, digits and dashes, and start with a letter and not end with a dash',
      'metadata.yaml:2: summary: must be text, not a list',
      'metadata.yaml:6: requires.db.limit: must be a number, not "many"',
      'metadata.yaml:8: requires.db.scope: must be global or container, not "unit"',
      'metadata.yaml:9: requires.1x: is no name for a relation: use letters, digits, dashes and underscores',
      'metadata.yaml:10: revision: must be at least 0',
      'config.yaml:3: options.port.type: must be string, int, float or boolean, not "number"',
    ]);
    assert.equal(error.problems.length, 7);
    const { file, line, field, reason, code } = error;
    assert.deepEqual(
      { file, line, field, code },
      { file: 'metadata.yaml', line: 1, field: 'name', code: 'formula-invalid' },
    );
    assert.match(reason, /lower-case/);
  });

  const cases: readonly (readonly [string, Texts, string | RegExp])[] = [
    ['nothing at all', { metadata: '' }, 'metadata.yaml:1: must be a mapping, not empty'],
    ['only a comment', { metadata: '# later\n' }, 'metadata.yaml:1: must be a mapping, not empty'],
    ['a list', { metadata: '- name\n' }, 'metadata.yaml:1: must be a mapping, not a list'],
    ['no name', { metadata: '# first\nrevision: 1\n' }, 'metadata.yaml:2: name: is missing'],
    [
      'a revision of text',
      { metadata: 'name: a\nrevision: "1"\n' },
      /metadata.yaml:2: revision: must be a (whole )?number, not "1"/,
    ],
    [
      'half a revision',
      { metadata: 'name: a\nrevision: 1.5\n' },
      'metadata.yaml:2: revision: must be a whole number, not 1.5',
    ],
    [
      'a revision beyond counting',
      { metadata: 'name: a\nrevision: 1e300\n' },
      /metadata.yaml:2: revision: must be/,
    ],
    [
      'a name like an id',
      { metadata: 'name: a-1\nrevision: 1\n' },
      /metadata.yaml:1: name: ends in a dash and digits/,
    ],
    [
      'a relation of nothing',
      { metadata: 'name: a\nrevision: 1\nrequires:\n  db:\n' },
      'metadata.yaml:4: requires.db: must be a mapping, not empty',
    ],
    [
      'no interface',
      { metadata: 'name: a\nrevision: 1\nrequires:\n  db:\n    optional: true\n' },
      'metadata.yaml:4: requires.db.interface: is missing',
    ],
    [
      'optional, but how',
      { metadata: 'name: a\nrevision: 1\nrequires: {db: {interface: x, optional: maybe}}\n' },
      'metadata.yaml:3: requires.db.optional: must be true or false, not "maybe"',
    ],
    [
      'a limit of none',
      { metadata: 'name: a\nrevision: 1\nrequires: {db: {interface: x, limit: 0}}\n' },
      'metadata.yaml:3: requires.db.limit: must be at least 1',
    ],
    [
      'a relation in two roles',
      { metadata: 'name: a\nrevision: 1\nrequires:\n  db: x\nprovides:\n  db: x\n' },
      'metadata.yaml:4: requires.db: is the name of a relation in provides too',
    ],
    [
      'a key twice',
      { metadata: 'name: a\nrevision: 1\nname: b\n' },
      'metadata.yaml:3: name: stands there twice',
    ],
    [
      'a key twice, deep',
      { metadata: 'name: a\nrevision: 1\nrequires:\n  db: x\n  db: y\n' },
      'metadata.yaml:5: db: stands there twice',
    ],
    [
      'broken YAML',
      { metadata: 'name: a\nrevision: 1\nsummary: "no end\n' },
      /^metadata.yaml:[34]: is not YAML: /,
    ],
    [
      'a tab for indentation',
      { metadata: 'name: a\nrequires:\n\tdb: x\n' },
      /^metadata.yaml:3: is not YAML: /,
    ],
    ['two documents', { metadata: 'name: a\n---\nname: b\n' }, /^metadata.yaml:\d: is not YAML: /],
    [
      'a dangerous key',
      { metadata: 'name: a\nrevision: 1\n__proto__: {x: 1}\n' },
      'metadata.yaml:3: __proto__: is no key that can be used',
    ],
    [
      'a key that is a list',
      { metadata: 'name: a\nrevision: 1\n? [x]\n: 1\n' },
      'metadata.yaml:3: is no key that can be used',
    ],
    [
      'bytes that are not UTF-8',
      { metadata: Buffer.from('name: \xff\n', 'latin1') },
      'metadata.yaml:1: is not UTF-8 text',
    ],
    ['a huge file', { metadata: `# ${'x'.repeat(300_000)}` }, /^metadata.yaml:1: is 300002 bytes long/],
    [
      '100,000 open brackets',
      { metadata: '['.repeat(100_000) },
      'metadata.yaml:1: is not YAML: it is nested too deeply',
    ],
    [
      '100,000 open braces, which would end the process',
      { metadata: '{'.repeat(100_000) },
      'metadata.yaml:1: is not YAML: it is nested too deeply',
    ],
    [
      '100,000 dashes',
      { metadata: '- '.repeat(60_000) },
      'metadata.yaml:1: is not YAML: it is nested too deeply',
    ],
    [
      'an alias for a key',
      { metadata: 'x: &a name\n*a : b\n' },
      'metadata.yaml:2: is no key that can be used',
    ],
    ['exploding aliases', { metadata: `name: a\nrevision: 1\n${bomb()}` }, /^metadata.yaml:1: is not YAML: /],
    [
      'a revision file of words',
      { revision: 'one' },
      'revision:1: must hold one whole number, the revision, and nothing else',
    ],
    ['a negative revision file', { revision: '-1' }, /^revision:1: /],
    [
      'two different revisions',
      { revision: '2\n' },
      'metadata.yaml:2: revision: is 1 here and 2 in revision; keep one of the two',
    ],
    ['config.yaml of text', { config: 'hello' }, 'config.yaml:1: must be a mapping, not "hello"'],
    [
      'a default of another type',
      { config: 'options:\n  a:\n    type: int\n    default: x\n' },
      'config.yaml:4: options.a.default: must be a whole number, not "x"',
    ],
    [
      'half a default for an int',
      { config: 'options:\n  a: {type: int, default: 1.5}\n' },
      'config.yaml:2: options.a.default: must be a whole number, not 1.5',
    ],
    [
      'an infinite default',
      { config: 'options:\n  a: {type: float, default: .inf}\n' },
      /^config.yaml:2: options.a.default: must be/,
    ],
    [
      'a default that is a list',
      { config: 'options:\n  a: {type: string, default: [1]}\n' },
      'config.yaml:2: options.a.default: must be text, a number, true or false',
    ],
    [
      'an option that cannot be typed',
      { config: 'options:\n  a=b: {type: int}\n' },
      /^config.yaml:2: options.a=b: is no name for an option/,
    ],
  ];
  for (const [name, texts, expected] of cases)
    it(`refuses ${name}, and says where`, () => {
      const { message } = refusal(texts);
      if (typeof expected === 'string') assert.equal(message, expected);
      else assert.match(message, expected);
    });

  it('reads the largest file there may be in bounded time, however it is written', function () {
    this.timeout(120_000);
    const size = 128 * 1024;
    const keys = Array.from({ length: 8000 }, (_, index) => `key${index}: 1`);
    for (const metadata of [
      keys.join('\n'),
      `{${keys.join(', ')}}`,
      ']'.repeat(size),
      '[]'.repeat(size / 2),
      '? '.repeat(size / 2),
    ])
      assert.ok(refusal({ metadata: metadata.slice(0, size) }).problems.length <= 50);
  });

  it('takes the revision from a file of its own, as in pyjuju', () => {
    assert.equal(parse({ metadata: 'name: a\n', revision: '7\n' }).metadata.revision, 7);
    assert.equal(parse({ metadata: 'name: a\nrevision: 7\n', revision: ' 7' }).metadata.revision, 7);
  });

  it('takes an empty config.yaml, and empty options, for none', () => {
    for (const config of ['', '# none\n', 'options:\n', 'options: {}\n', 'other: 1\n'])
      assert.deepEqual(parse({ config }).config, {});
  });

  it('takes a default left empty for none', () => {
    assert.deepEqual(parse({ config: 'options: {a: {type: int, default: }}' }).config, {
      a: { type: 'int', description: '' },
    });
  });

  it('reads Windows line ends and a byte order mark', () => {
    assert.equal(parse({ metadata: '\ufeffname: a\r\nrevision: 4\r\n' }).metadata.revision, 4);
  });

  const seed = Date.now() % 2 ** 31;
  it(`is accepted or refused with FormulaInvalid, whatever stands in it (seed ${seed})`, () => {
    const fragment = fc.constantFrom(
      'name',
      'revision',
      'requires',
      'provides',
      'options',
      'default',
      'type',
      ': ',
      ':',
      '\n',
      '\n  ',
      '\n    ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
      '&a ',
      '*a',
      '!!binary ',
      '!x ',
      '|',
      '>',
      '#',
      '%YAML 9',
      '---',
      '...',
      '? ',
      '<<',
      '1',
      '-1',
      '1e999',
      '.nan',
      '0x10',
      'null',
      '~',
      'true',
      'mysql',
      '\t',
      '\0',
      '\ud800',
      'é',
      '__proto__',
    );
    const text = fc.oneof(
      fc.array(fragment, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))),
      fc.string({ unit: 'binary', maxLength: 60 }).map((each) => Buffer.from(each)),
      fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each)),
      fc.json().map((each) => Buffer.from(each)),
    );
    let refused = 0;
    void fc.assert(
      fc.property(text, text, fc.boolean(), (metadata, config, sane) => {
        try {
          parse({ metadata: sane ? 'name: a\nrevision: 1\n' : metadata, config });
        } catch (error) {
          assert.ok(error instanceof FormulaInvalid, `${(error as Error).stack}`);
          assert.ok(
            error.problems.every(
              (each) => each.line >= 1 && each.reason !== '' && !/undefined/.test(each.reason),
            ),
          );
          refused++;
        }
      }),
      { seed, numRuns: 3000 },
    );
    assert.ok(refused > 0);
  });
});

/** Ten to the ninth values in a few hundred bytes. */
function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++)
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  return `${lines.join('\n')}\n`;
}
