import assert from 'node:assert/strict';
import { filesUnder, textOf } from '../docs/project.js';

const everywhere = [
  'state',
  'hooks',
  'control',
  'agent',
  'cli',
  'migrate',
  'watcher',
  'build',
  'bench',
  'examples',
  'test',
];

/** The places of a text, as `file:line: what`, that a pattern finds. */
function found(file: string, text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(
    (match) => `${file}:${text.slice(0, match.index).split('\n').length}: ${match[0].trim()}`,
  );
}

function sources(directories: readonly string[]): readonly (readonly [file: string, text: string])[] {
  return directories.flatMap((directory) =>
    filesUnder(directory)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [`${directory}/${file}`, textOf(`${directory}/${file}`)] as const),
  );
}

/** A member, or a parameter of a constructor, that TypeScript alone keeps private. A constructor cannot be kept otherwise. */
const PRIVATE_MEMBER =
  /(?:^ *|\(|, )(?:private|protected) (?!constructor\b)(?:(?:static|readonly|async|get|set|override|abstract) )*\*?#?\w+(?:[(<:;?]| =).*$/gm;

describe('the style of the source', () => {
  const rules: readonly {
    readonly says: string;
    readonly pattern: RegExp;
    readonly directories: readonly string[];
    readonly refuses: readonly string[];
    readonly takes: readonly string[];
  }[] = [
    {
      says: 'what a class keeps to itself is named `#name`, not declared private',
      pattern: PRIVATE_MEMBER,
      directories: everywhere,
      refuses: [
        '  private readonly known = new Map<string, string>();',
        '  private free: number;',
        '  private async *lines(): AsyncGenerator<string> {',
        '  constructor(private readonly options: Options) {}',
        '    protected clock: Clock,',
      ],
      takes: ['  private constructor(path: string) {', '  readonly #known = 1;', "  private: '10.0.0.8',"],
    },
  ];

  for (const { says, pattern, directories, refuses, takes } of rules) {
    it(`is one: ${says}`, () => {
      const files = sources(directories);
      assert.ok(files.length > 300, `only ${files.length} files were found`);
      assert.deepEqual(
        files
          .filter(([file]) => file !== 'test/build/style.test.ts')
          .flatMap(([file, text]) => found(file, text, pattern)),
        [],
      );
    });

    it(`finds a breach: ${says}`, () => {
      for (const line of refuses) assert.equal(found('x.ts', line, pattern).length, 1, line);
      for (const line of takes) assert.deepEqual(found('x.ts', line, pattern), []);
    });
  }
});
