import type { YamlProblem } from '../yaml/yaml-file.js';
import { decodeText, LARGEST_YAML, loadYaml, parseYamlFile } from '../yaml/yaml-file.js';
import type { ConfigOptions } from './config-options.js';
import { configFileSchema } from './config-options.js';
import { FormulaInvalid } from './errors.js';
import { isRevision, nameFault } from './formula-id.js';
import { type Metadata, metadataFileSchema } from './metadata.js';
import { normalizeConfig, normalizeMetadata } from './predecessors.js';

/** The files at the top of a formula that say what it is. */
export const formulaFileNames = ['metadata.yaml', 'config.yaml', 'revision'] as const;

export type FormulaFileName = (typeof formulaFileNames)[number];

/** Their bytes; what is not there is left out. Of a larger file, more than `largestYaml` bytes are enough. */
export type FormulaFiles = Readonly<Partial<Record<FormulaFileName, Uint8Array>>>;

/** More than is ever read of such a file, so that one that is too large is still seen to be. */
export const enoughOfFile = LARGEST_YAML + 1;

/** A formula's files, parsed. */
interface ParsedFormula {
  readonly metadata: Metadata;
  readonly config: ConfigOptions;
  /** Whole sentences about what was taken for something else than it says, each with its file and line. */
  readonly warnings: readonly string[];
}

/** The revision of a formula that names none, as in the predecessors. */
const FIRST_REVISION = 0;

/**
 * Parses the files; the revision comes from the formula's place if they lack it. `at` gives a file's path for
 * messages.
 * @throws FormulaInvalid with all problems of all files
 */
export function parseFormulaFiles(files: FormulaFiles, at: (name: FormulaFileName) => string): ParsedFormula {
  const problems: YamlProblem[] = [];
  const notes: YamlProblem[] = [];
  const metadataFile = at('metadata.yaml');
  const metadata = parseYamlFile(
    files['metadata.yaml'] ?? new Uint8Array(),
    metadataFile,
    metadataFileSchema,
    normalizeMetadata,
  );
  const config = parseYamlFile(
    files['config.yaml'] ?? new Uint8Array(),
    at('config.yaml'),
    configFileSchema,
    normalizeConfig,
  );
  const separate = files.revision === undefined ? undefined : parseRevision(files.revision, at('revision'));

  if ('problems' in metadata) problems.push(...metadata.problems);
  if ('problems' in config) problems.push(...config.problems);
  if (typeof separate === 'object') problems.push(separate);
  let revision: number | undefined;
  if ('value' in metadata && typeof separate !== 'object') {
    const own = metadata.value.revision;
    revision = own ?? separate ?? FIRST_REVISION;
    const line = metadata.lineOf(['revision']);
    if (own === undefined && separate === undefined)
      notes.push({
        file: metadataFile,
        line,
        field: 'revision',
        reason: `is missing and taken for ${FIRST_REVISION}; each upgrade needs a higher one`,
      });
    else if (separate !== undefined && separate !== revision)
      problems.push({
        file: metadataFile,
        line,
        field: 'revision',
        reason: `is ${revision} here and ${separate} in ${at('revision')}; keep one of the two`,
      });
  }
  const [first, ...others] = problems;
  if (first !== undefined) throw new FormulaInvalid([first, ...others]);
  if (revision === undefined || !('value' in metadata) || !('value' in config))
    throw new Error('a formula without a value or a problem');
  const warnings = [...notes, ...metadata.notes, ...config.notes].map(
    ({ file, line, field, reason }) => `${file}:${line}: ${field} ${reason}`,
  );
  return { metadata: { ...metadata.value, revision }, config: config.value.options, warnings };
}

/** Tells as much of an invalid formula as can be told, to know if it is the one that was asked for. */
export function glimpseIdentity(files: FormulaFiles): {
  readonly name?: string;
  readonly revision?: number;
} {
  const decoded = decodeText(files['metadata.yaml'] ?? new Uint8Array());
  const value = 'text' in decoded ? loadYaml(decoded.text).value : undefined;
  if (typeof value !== 'object' || value === null) return {};
  const { name, revision } = value as { name?: unknown; revision?: unknown };
  return {
    ...(typeof name === 'string' && nameFault(name) === undefined ? { name } : {}),
    ...(isRevision(revision) ? { revision } : {}),
  };
}

/** pyjuju's `revision` file: one number. */
export function parseRevision(bytes: Uint8Array, file: string): number | YamlProblem {
  const decoded = decodeText(bytes);
  const text = 'text' in decoded ? decoded.text.trim() : '';
  if (/^[0-9]+$/.test(text) && isRevision(Number(text))) return Number(text);
  return { file, line: 1, field: '', reason: 'must hold one whole number, the revision, and nothing else' };
}
