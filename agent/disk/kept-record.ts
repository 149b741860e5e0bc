import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from '../../state/platform/zod.js';
import { replaceFile } from './replace-file.js';

/** The note on a directory under `removed/`: a file of its name, `<name>.json`, in the directory of notes. */
const keptSchema = z.object({
  unit: z.string(),
  /** Empty where it is not known. */
  incarnation: z.string(),
  /** ISO instant at which it was put aside. */
  removedAt: z.string(),
  /** The bytes of its files, counted when it was put aside. */
  bytes: z.number(),
  /** Kept until an operator removes it. */
  forGood: z.boolean(),
  /** Absolute, where the directory could not be moved under `removed/`, which then has a link to it. */
  place: z.optional(z.string()),
  /** How long it has been kept. */
  age: z.object({ aged: z.number(), boot: z.string(), monotonic: z.number(), now: z.number() }),
  /** It is being removed: what is left of it is no unit's data any more. */
  going: z.optional(z.boolean()),
});

export type KeptRecord = z.infer<typeof keptSchema>;

const SUFFIX = '.json';

/** The directory's name whose record a file is; undefined of any other file. */
export function nameOfRecord(file: string): string | undefined {
  return file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : undefined;
}

/**
 * Undefined where there is none, or it says nothing: then nothing is known of the directory.
 * @throws what keeps it from being read for now
 */
export async function readKept(notes: string, name: string): Promise<KeptRecord | undefined> {
  let text: string;
  try {
    text = await readFile(join(notes, name + SUFFIX), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function writeKept(notes: string, name: string, record: KeptRecord): Promise<void> {
  return replaceFile(join(notes, name + SUFFIX), JSON.stringify(record));
}

export function forgetKept(notes: string, name: string): Promise<void> {
  return rm(join(notes, name + SUFFIX), { force: true });
}
