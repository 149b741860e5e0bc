import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from '../../state/platform/zod.js';
import type { Mark } from './read-piece.js';

const marksSchema = z.record(z.string(), z.object({ ino: z.number(), offset: z.number() }));

/** How far each unit's log was read, as the file remembers it; nothing where it cannot be read. */
export async function readMarks(file: string): Promise<Readonly<Record<string, Mark>>> {
  try {
    return marksSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Lost marks cost what was printed while no agent ran, and only in the tree's copy.
    return {};
  }
}

/** Replaces the file, so that it is never half written. */
export async function saveMarks(file: string, marks: ReadonlyMap<string, Mark>): Promise<void> {
  await writeFile(`${file}.next`, JSON.stringify(Object.fromEntries(marks)), { mode: 0o600 });
  await rename(`${file}.next`, file);
}
