import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { rulesSchema } from '../formula/hook-rules.js';
import { makeDirectory } from '../make-directory.js';
import { parseYamlFile } from '../yaml/yaml-file.js';
import * as z from '../zod.js';
import type { Environment } from './environment.js';
import { EnvironmentNotFound, EnvironmentsInvalid, NoEnvironments } from './errors.js';

const environmentSchema = z.looseObject({
  state: z.string(),
  storage: z.string(),
  secret: z.optional(z.string().check(z.minLength(8))),
  secretFile: z.optional(z.string()),
  hooks: z.optional(rulesSchema),
});

const fileSchema = z.looseObject({
  default: z.optional(z.string()),
  environments: z.record(z.string(), environmentSchema),
});

const FILE = 'environments.yaml';

/** What the first `ensemble bootstrap` writes: an environment that needs nothing installed. */
const FIRST_FILE = `default: local
environments:
  local:
    state: embedded:./local/state
    storage: file:./local/storage
`;

/** Where the documentation's unit file for agents has it: so operators on such a machine need set nothing. */
const SYSTEM_HOME = '/etc/ensemble';

/** `$ENSEMBLE_HOME`, or `~/.ensemble`; where that has no file of environments, and `/etc/ensemble` has one, that. */
export function ensembleHome(variables: NodeJS.ProcessEnv = process.env, system = SYSTEM_HOME): string {
  if (variables.ENSEMBLE_HOME) return resolve(variables.ENSEMBLE_HOME);
  const own = join(variables.HOME || homedir(), '.ensemble');
  return !existsSync(join(own, FILE)) && existsSync(join(system, FILE)) ? system : own;
}

/**
 * Finds an environment in `environments.yaml`: the one named, or `$ENSEMBLE_ENV`, or the file's default, or the only
 * one. Relative paths in its URLs are taken from the file's directory.
 * @throws NoEnvironments, EnvironmentNotFound, EnvironmentsInvalid; errors of the file system
 */
export async function loadEnvironment(
  name: string | undefined,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<Environment> {
  const { home, file, content } = readEnvironments(variables);
  const known = Object.keys(content.environments);
  const chosen =
    name ?? (variables.ENSEMBLE_ENV || content.default || (known.length === 1 ? known[0] : undefined));
  if (chosen === undefined) {
    throw new EnvironmentsInvalid(file, 1, 'default', `choose one of ${known.join(', ')}, here or with -e`);
  }
  const entry = content.environments[chosen];
  if (entry === undefined) throw new EnvironmentNotFound(chosen, file, known);
  const secret = entry.secret ?? readSecret(file, chosen, entry.secretFile);
  return {
    name: chosen,
    state: absoluteUrl(entry.state, home),
    storage: absoluteUrl(entry.storage, home),
    ...(entry.hooks !== undefined && { hooks: entry.hooks }),
    ...(secret !== undefined && { secret }),
  };
}

/** The names of the environments there are. @throws NoEnvironments, EnvironmentsInvalid */
export async function environmentNames(
  variables: NodeJS.ProcessEnv = process.env,
): Promise<readonly string[]> {
  return Object.keys(readEnvironments(variables).content.environments);
}

function readEnvironments(variables: NodeJS.ProcessEnv): {
  readonly home: string;
  readonly file: string;
  readonly content: z.infer<typeof fileSchema>;
} {
  const home = ensembleHome(variables);
  const file = join(home, FILE);
  const reading = parseYamlFile(read(file), file, fileSchema);
  if ('problems' in reading) {
    const [{ line, field, reason }] = reading.problems;
    throw new EnvironmentsInvalid(file, line, field, reason);
  }
  return { home, file, content: reading.value };
}

/** Every command begins with it and waits for it, so it is not handed to a thread. */
function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new NoEnvironments(file);
    // The one that names no path.
    if (code === 'EISDIR') throw new EnvironmentsInvalid(file, 1, '', 'it is a directory');
    throw error;
  }
}

/** Writes the first `environments.yaml`, unless there is one. @returns whether it was written */
export async function writeFirstEnvironments(variables: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const file = join(ensembleHome(variables), FILE);
  makeDirectory(dirname(file));
  try {
    await writeFile(file, FIRST_FILE, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Makes the path of `embedded:` and `file:` URLs absolute; others stay as they are. */
export function absoluteUrl(url: string, directory: string): string {
  const match = /^(embedded|file):(?!\/\/)(.*)$/s.exec(url);
  return match === null ? url : `${match[1]}:${resolve(directory, match[2] ?? '')}`;
}

function readSecret(file: string, environment: string, secretFile: string | undefined): string | undefined {
  if (secretFile === undefined) return undefined;
  const path = resolve(dirname(file), secretFile);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const reason = `${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`;
    throw new EnvironmentsInvalid(file, 1, `environments.${environment}.secretFile`, reason);
  }
}
