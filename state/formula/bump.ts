import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMap, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { FormulaEntryRefused, FormulaInvalid } from './errors.js';
import { readFormulaFiles } from './formula.js';
import { parseFormulaFiles } from './formula-files.js';

/**
 * Raises the revision of the formula under development in `directory` by one, where it stands: in `metadata.yaml`, of
 * which nothing but that number changes, in the file `revision`, or in both. Returns the new revision.
 * @throws NotAFormula, FormulaInvalid, FormulaEntryRefused
 */
export async function bumpRevision(directory: string): Promise<number> {
  const files = await readFormulaFiles(directory);
  const { metadata } = parseFormulaFiles(files, (name) => join(directory, name));
  const revision = metadata.revision + 1;
  const metadataFile = join(directory, 'metadata.yaml');
  if (!Number.isSafeInteger(revision))
    throw new FormulaInvalid([
      { file: metadataFile, line: 1, field: 'revision', reason: 'cannot become any larger' },
    ]);

  const text = await readFile(metadataFile, 'utf8');
  const edited =
    metadataNamesRevision(text) || files.revision !== undefined
      ? replaceRevision(text, revision, metadataFile)
      : appendRevision(text, revision, metadataFile);
  // With two places, a crash between them leaves two different numbers, which every reader reports.
  if (edited !== undefined) await writeAtomically(metadataFile, edited);
  if (files.revision !== undefined) await writeAtomically(join(directory, 'revision'), `${revision}\n`);
  return revision;
}

function metadataNamesRevision(text: string): boolean {
  return parseDocument(text).has('revision');
}

/** The text with a revision, which no file named before, as its last line. */
function appendRevision(text: string, revision: number, file: string): string {
  const edited = `${text}${text.endsWith('\n') ? '' : '\n'}revision: ${revision}\n`;
  const document = parseDocument(edited);
  if (document.errors.length === 0 && document.get('revision') === revision) return edited;
  throw new FormulaInvalid([
    { file, line: 1, field: 'revision', reason: `is missing and cannot be added; add revision: ${revision}` },
  ]);
}

/** The text with the new number in the place of the old; undefined where the file names no revision. */
function replaceRevision(text: string, revision: number, file: string): string | undefined {
  const lineCounter = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter });
  if (!isMap(contents)) return undefined;
  const node = contents.get('revision', true) as ParsedNode | undefined;
  if (node === undefined) return undefined;
  const [start, end] = node.range;
  const edited = `${text.slice(0, start)}${revision}${text.slice(end)}`;
  if (parseDocument(edited).get('revision') === revision) return edited;
  const { line } = lineCounter.linePos(start);
  throw new FormulaInvalid([
    {
      file,
      line,
      field: 'revision',
      reason: 'is written in a way that cannot be raised; write a plain number',
    },
  ]);
}

/** Writes aside and renames, keeping the file's mode. */
async function writeAtomically(path: string, text: string): Promise<void> {
  try {
    const unfinished = `${path}.unfinished`;
    const { mode } = await stat(path);
    const handle = await open(unfinished, 'w', mode & 0o777);
    try {
      await handle.chmod(mode & 0o777);
      await handle.writeFile(text);
      await handle.sync();
      await handle.close();
      await rename(unfinished, path);
    } finally {
      await handle.close().catch(() => undefined);
      await rm(unfinished, { force: true });
    }
    const parent = await open(dirname(path));
    await parent.sync().finally(() => parent.close());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new FormulaEntryRefused({ path, reason: `it cannot be written (${code})` }, { cause: error });
  }
}
