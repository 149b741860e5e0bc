import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FormulaEntryRefused } from './errors.js';
import { formulaFileNames } from './formula-files.js';
import { SIGNATURE_FILE_NAME } from './trust/statement.js';

/** The file at the top of a formula that names what does not belong to it. */
const IGNORE_FILE_NAME = '.formulaignore';

/** Tells if something in a formula's directory is left out of its bundle. Paths are relative, with `/`. */
export type Ignoring = (path: string, isDirectory: boolean) => boolean;

/** Files that people make beside a formula's own by working on them, and by running them. */
const ignoredByDefault: readonly string[] = [
  '__pycache__/',
  '*.pyc',
  '*~',
  '.*.swp',
  '.*.swo',
  '#*#',
  '.#*',
  '.DS_Store',
];

/** As many bytes are read of the file. */
const LARGEST = 64 * 1024;

interface Rule {
  readonly pattern: RegExp;
  readonly directories: boolean;
  /** True if the files that it names belong to the formula all the same. */
  readonly keeps: boolean;
}

/**
 * Tells which files the formula in a directory leaves out: those named by default, and by lines of `.formulaignore`,
 * which are written like those of `.gitignore`; the last one that fits decides. Files that say what the formula is
 * always belong to it.
 * @param root without links
 * @throws FormulaEntryRefused
 */
export function ignoringOf(root: string): Ignoring {
  const own = readOwn(join(root, IGNORE_FILE_NAME)).split(/\r?\n/);
  const rules = [...ignoredByDefault.map(ruleOf), ...own.filter(isRule).map(ruleOf)];
  const always: readonly string[] = [...formulaFileNames, IGNORE_FILE_NAME];
  return (path, isDirectory) => {
    // It is made over all the rest.
    if (path === SIGNATURE_FILE_NAME) return true;
    if (always.includes(path)) return false;
    const last = rules.findLast(
      ({ pattern, directories }) => (isDirectory || !directories) && pattern.test(path),
    );
    return last !== undefined && !last.keeps;
  };
}

function readOwn(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return '';
  if (!stats.isFile()) throw new FormulaEntryRefused({ path, reason: 'it is not a file' });
  if (stats.size > LARGEST)
    throw new FormulaEntryRefused({ path, reason: `it has more than ${LARGEST} bytes` });
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new FormulaEntryRefused({ path, reason: `it cannot be read (${code})` }, { cause: error });
  }
}

function isRule(line: string): boolean {
  return line.trim() !== '' && !line.startsWith('#');
}

function ruleOf(line: string): Rule {
  const keeps = line.startsWith('!');
  const text = line.slice(keeps ? 1 : 0).trimEnd();
  const directories = text.endsWith('/');
  const body = text.replace(/\/+$/, '');
  // With a slash in it, it is a path from the top; without one, a name anywhere.
  const start = body.includes('/') ? '^' : '^(?:.*/)?';
  const pattern = body
    .replace(/^\//, '')
    .split(/(\*\*\/|\/\*\*$|\*|\?)/)
    .map((part) => wildcards[part] ?? part.replace(/[\\^$.|+()[\]{}]/g, '\\$&'))
    .join('');
  return { pattern: new RegExp(`${start}${pattern}$`, 's'), directories, keeps };
}

const wildcards: Readonly<Record<string, string>> = {
  '**/': '(?:.*/)?',
  '/**': '/.*',
  '*': '[^/]*',
  '?': '[^/]',
};
