import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as z from '../../platform/zod.js';
import { ownVariables } from '../../platform/variables.js';

/** The last answer of a repository, by which it can be asked if that still stands. */
interface Remembered {
  /** What it calls its state. */
  readonly tag: string;
  readonly text: string;
}

const schema = z.object({ tag: z.string(), text: z.string() });

/**
 * The last answer of a repository; undefined if nothing is known. It lies in the user's cache, and may be lost at any
 * time: then the repository is asked for all of it.
 * @param variables the process's environment
 */
export async function recall(
  location: string,
  variables: NodeJS.ProcessEnv = ownVariables(),
): Promise<Remembered | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(fileOf(location, variables), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Keeps it for the next time. Where it cannot be kept, nothing is lost but time. */
export async function remember(
  location: string,
  remembered: Remembered,
  variables: NodeJS.ProcessEnv = ownVariables(),
): Promise<void> {
  const file = fileOf(location, variables);
  const unfinished = `${file}.${randomUUID()}`;
  try {
    await mkdir(directoryOf(variables), { recursive: true, mode: 0o700 });
    await writeFile(unfinished, JSON.stringify(remembered), { mode: 0o600 });
    await rename(unfinished, file);
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

function fileOf(location: string, variables: NodeJS.ProcessEnv): string {
  return join(directoryOf(variables), `${createHash('sha256').update(location).digest('hex')}.json`);
}

function directoryOf({ XDG_CACHE_HOME: cache = '', HOME: home }: NodeJS.ProcessEnv): string {
  return join(isAbsolute(cache) ? cache : join(home || homedir(), '.cache'), 'ensemble', 'repositories');
}
