import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ConfigOptions } from './config-options.js';
import { FormulaEntryRefused, NotAFormula } from './errors.js';
import {
  enoughOfFile,
  type FormulaFileName,
  type FormulaFiles,
  formulaFileNames,
  parseFormulaFiles,
} from './formula-files.js';
import { checkHooks, misnamedFiles } from './hook-check.js';
import { hookNames } from './hook-names.js';
import type { Metadata } from './metadata.js';

/** A formula as it lies in a directory. */
export interface Formula {
  readonly name: string;
  readonly revision: number;
  /** Absolute. */
  readonly directory: string;
  readonly metadata: Metadata;
  readonly config: ConfigOptions;
  /** Whole sentences about what is allowed but perhaps not meant. */
  readonly warnings: readonly string[];
}

/**
 * Reads and checks the formula in `directory`.
 * @throws NotAFormula, FormulaInvalid, HookNotExecutable, HookNotRunnable, FormulaEntryRefused
 */
export async function readFormula(directory: string): Promise<Formula> {
  const { metadata, config, ...parsed } = parseFormulaFiles(await readFormulaFiles(directory), (name) =>
    join(directory, name),
  );
  const warnings = [
    ...parsed.warnings,
    ...misnamedFiles(directory),
    ...checkHooks(directory, hookNames(metadata)),
  ];
  const { name, revision } = metadata;
  return { name, revision, directory: resolve(directory), metadata, config, warnings };
}

/** The bytes of the files that say what the formula is. @throws NotAFormula without metadata.yaml, FormulaEntryRefused */
export async function readFormulaFiles(directory: string): Promise<FormulaFiles> {
  const files: Partial<Record<FormulaFileName, Uint8Array>> = {};
  for (const name of formulaFileNames) {
    const bytes = readStart(join(directory, name));
    if (bytes !== undefined) files[name] = bytes;
  }
  if (files['metadata.yaml'] !== undefined) return files;
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined) throw new NotAFormula({ path: directory, reason: 'it does not exist' });
  if (!found.isDirectory()) throw new NotAFormula({ path: directory, reason: 'it is not a directory' });
  const [misnamed] = misnamedFiles(directory);
  throw new NotAFormula({
    path: directory,
    reason: `it has no metadata.yaml${misnamed === undefined ? '' : `: ${misnamed}`}`,
  });
}

/**
 * The first `enoughOfFile` bytes of the file; undefined where there is none. It must be a file, not a link: what it
 * says is also read straight out of bundles, where a link cannot be followed.
 */
function readStart(path: string): Uint8Array | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) throw new FormulaEntryRefused({ path, reason: 'it is not a file' });
      const buffer = Buffer.allocUnsafe(Math.min(stats.size + 1, enoughOfFile));
      let filled = 0;
      while (filled < buffer.length) {
        const length = readSync(file, buffer, filled, buffer.length - filled, filled);
        if (length === 0) break;
        filled += length;
      }
      return buffer.subarray(0, filled);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof FormulaEntryRefused) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const reason =
      code === 'ELOOP' ? 'it is a link; put the file itself there' : `it cannot be read (${code})`;
    throw new FormulaEntryRefused({ path, reason }, { cause: error });
  }
}
