import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeValue } from '../../state/model/entity.js';
import * as z from '../../state/platform/zod.js';
import { replaceFile } from '../disk/replace-file.js';

const memorySchema = z.looseObject({
  /** The id of the environment that the data directory belongs to. */
  environment: z.string(),
  /** How far the agent's work is in that environment's tree, as it last told the tree. */
  mark: z.optional(z.looseObject({ count: z.int(), at: z.string() })),
  /** Units that an accepted state does not have: they stop, and their data is put aside. */
  disowned: z.optional(z.array(z.string())),
});

/** A data directory's knowledge of the environment it belongs to. */
export type EnvironmentMemory = z.infer<typeof memorySchema>;

function fileOf(dataDirectory: string): string {
  return join(dataDirectory, 'environment');
}

/** Undefined where nothing is known: a new data directory, or one of release 0.1.0. */
export async function readMemory(dataDirectory: string): Promise<EnvironmentMemory | undefined> {
  const text = await readFile(fileOf(dataDirectory), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const result = memorySchema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    // Written by nobody of ours: as good as nothing.
    return undefined;
  }
}

/** Atomic, and on the disk when it resolves. */
export function writeMemory(dataDirectory: string, memory: EnvironmentMemory): Promise<void> {
  return replaceFile(fileOf(dataDirectory), `${nodeValue(memory)}\n`);
}
