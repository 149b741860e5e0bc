import assert from 'node:assert/strict';
import { filesUnder, textOf } from '../docs/project.js';

const programs = [
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
];
const everywhere = [...programs, 'test'];

/** What one rule has, and what it refuses and takes. */
interface Rule {
  readonly says: string;
  readonly directories: readonly string[];
  readonly pattern: RegExp;
  /** Whether a match breaks the rule; each does where this is not given. */
  readonly breaks?: (match: RegExpExecArray) => boolean;
  readonly refuses: readonly string[];
  readonly takes: readonly string[];
}

/** The places of a text, as `file:line: what`, at which it breaks a rule. */
function found(file: string, text: string, { pattern, breaks = () => true }: Rule): readonly string[] {
  return [...text.matchAll(pattern)]
    .filter(breaks)
    .map((match) => `${file}:${text.slice(0, match.index).split('\n').length}: ${match[0].trim()}`);
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

/** A number, a text, a pattern, or a set of words or numbers, that has a name in a whole file. */
const LITERAL =
  /^(?:export )?const [a-z]\w*(?:: [^=\n]+)? =\s+(?:-?\d[\d_.]*\b|['"`]|\/[^/*]|new RegExp\(|new Set(?:<[^(]+>)?\(\[).*$/gm;

/** A branch or a loop of one line between braces. It needs them before `else`, and where a comment or another branch is in it. */
const BRACED =
  /^( *)((?:if|for|while) \(.*\)) \{\n\1 {2}(?!\/\/|const |let |(?:if|for|while) \()(\S.*;)\n\1\}(?! (?:while|else))/gm;

/** Columns of a line, as biome.json has it. */
const WIDTH = 110;

describe('the style of the source', () => {
  const rules: readonly Rule[] = [
    {
      says: 'what a class keeps to itself is named `#name`, not declared private',
      directories: everywhere,
      pattern: PRIVATE_MEMBER,
      refuses: [
        '  private readonly known = new Map<string, string>();',
        '  private free: number;',
        '  private async *lines(): AsyncGenerator<string> {',
        '  constructor(private readonly options: Options) {}',
        '    protected clock: Clock,',
      ],
      takes: ['  private constructor(path: string) {', '  readonly #known = 1;', "  private: '10.0.0.8',"],
    },
    {
      says: 'a fixed number, text, pattern or set of them is named in capitals',
      directories: programs,
      pattern: LITERAL,
      refuses: [
        'const longest = 5_000;',
        "export const fileName: string = 'formula.sig';",
        'const unsafe =\n  /[^a-z]/;',
        "const versionControl = new Set<string>(['.git']);",
      ],
      takes: ['const LONGEST = 5_000;', '  const width = 5;', 'const known = new Set<string>();'],
    },
    {
      says: 'a branch of one line has no braces',
      directories: everywhere,
      pattern: BRACED,
      breaks: ([, indent, head, statement]) => `${indent}${head} ${statement}`.length <= WIDTH,
      refuses: ['  if (isOver) {\n    return;\n  }\n', 'for (const each of all) {\n  take(each);\n}\n'],
      takes: [
        '  if (isOver) return;\n',
        '  if (isOver) {\n    return;\n  } else {\n    go();\n    stay();\n  }\n',
        '  if (isOver) {\n    // So that nobody waits.\n    return;\n  }\n',
        `  if (isOver) {\n    throw new Error('${'long '.repeat(20)}');\n  }\n`,
      ],
    },
  ];

  for (const rule of rules) {
    it(`is one: ${rule.says}`, () => {
      const files = sources(rule.directories);
      assert.ok(files.length > 300, `only ${files.length} files were found`);
      // This one has examples of what is refused.
      const others = files.filter(([file]) => file !== 'test/build/style.test.ts');
      assert.deepEqual(
        others.flatMap(([file, text]) => found(file, text, rule)),
        [],
      );
    });

    it(`finds a breach: ${rule.says}`, () => {
      for (const text of rule.refuses) assert.equal(found('x.ts', text, rule).length, 1, text);
      for (const text of rule.takes) assert.deepEqual(found('x.ts', text, rule), []);
    });
  }
});
