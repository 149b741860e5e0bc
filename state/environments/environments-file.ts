import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { closestName } from '../formula/suggestion.js';
import { markNew } from '../layouts/marker.js';
import { requireHomeLayout } from '../layouts/require-layout.js';
import { makeDirectory } from '../platform/make-directory.js';
import type * as z from '../platform/zod.js';
import { parseYamlFile } from '../yaml/yaml-file.js';
import type { Environment } from './environment.js';
import { fileSchema, KEYS, milliseconds, type trustSchema } from './environments-schema.js';
import { EnvironmentNotFound, EnvironmentsInvalid, NoEnvironments } from './errors.js';
import { forgeIn } from './forges.js';
import { ensembleHome, FILE } from './home.js';
import { isReadByOthers, secretOf } from './secret.js';
import { readSecret, watcherKeys, type WatcherRules, watcherRules } from './watcher-section.js';
import { ownVariables } from '../platform/variables.js';

/** The first `ensemble bootstrap` writes this: an environment that needs nothing installed. */
const FIRST_FILE = `default: local
environments:
  local:
    state: embedded:./local/state
    storage: file:./local/storage
`;

/**
 * Finds an environment in `environments.yaml`: the one named, or `$ENSEMBLE_ENV`, or the file's default, or the only
 * one. Relative paths in its URLs are taken from the file's directory. A home of an older layout is changed before.
 * @throws NoEnvironments, EnvironmentNotFound, EnvironmentsInvalid, DataDirectoryTooNew, LayoutNotChanged,
 *   MigratorMissing; errors of the file system
 */
export async function loadEnvironment(
  name: string | undefined,
  variables: NodeJS.ProcessEnv = ownVariables(),
): Promise<Environment> {
  const left = await requireHomeLayout(ensembleHome(variables));
  const { home, file, content, isOpen, lineOf } = readEnvironments(variables);
  const known = Object.keys(content.environments);
  const chosen =
    name ?? (variables.ENSEMBLE_ENV || content.default || (known.length === 1 ? known[0] : undefined));
  if (chosen === undefined) {
    throw new EnvironmentsInvalid({
      file,
      line: 1,
      field: 'default',
      reason: `choose one of ${known.join(', ')}, here or with -e`,
    });
  }
  const entry = content.environments[chosen];
  if (entry === undefined) throw new EnvironmentNotFound({ environment: chosen, file, known });
  const notices = entry.notices ?? content.notices;
  const { secret, warnings: open } = secretOf(file, chosen, entry, isOpen, lineOf);
  const warnings = [...left, ...open];
  return {
    name: chosen,
    state: absoluteUrl(entry.state, home),
    storage: absoluteUrl(entry.storage, home),
    ...(entry.address !== undefined && { address: entry.address }),
    ...(entry.hooks !== undefined && { hooks: entry.hooks }),
    ...(entry['keep-removed'] !== undefined && { keepRemoved: milliseconds(entry['keep-removed']) }),
    ...(entry.trust !== undefined && { trust: trustOf(entry.trust, home) }),
    ...(entry.forges !== undefined && { forges: entry.forges.map((each) => forgeIn(each, home)) }),
    ...(notices !== undefined && { notices: notices === true || notices === 'on' }),
    ...(secret !== undefined && { secret }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/**
 * What `environments.yaml` says of the watcher; the same as nothing where it says nothing. Every secret that it names can
 * be read.
 * @throws NoEnvironments, EnvironmentsInvalid, which never says what a secret is
 */
export async function loadWatcherRules(variables: NodeJS.ProcessEnv = ownVariables()): Promise<WatcherRules> {
  const { home, file, content, lineOf } = readEnvironments(variables);
  const fail = (path: readonly string[], reason: string): never => {
    const place = ['watcher', ...path];
    throw new EnvironmentsInvalid({ file, line: lineOf(place), field: place.join('.'), reason });
  };
  const rules = watcherRules(content.watcher ?? {}, home);
  if ('reason' in rules) return fail(rules.path, rules.reason);
  const { github, gitlab } = rules.triggers;
  for (const [path, secretFile] of [
    ...rules.sinks.map(
      (sink) => [['sinks', sink.name], 'secretFile' in sink ? sink.secretFile : undefined] as const,
    ),
    [['triggers', 'github'], github] as const,
    [['triggers', 'gitlab'], gitlab] as const,
  ]) {
    const read = secretFile === undefined ? undefined : readSecret(secretFile);
    if (read !== undefined && 'reason' in read) fail([...path, 'secretFile'], read.reason);
  }
  const known = Object.keys(content.environments);
  for (const { name, environments = [] } of rules.sinks)
    for (const each of environments)
      if (!known.includes(each))
        fail(['sinks', name, 'environments'], `names ${each}; there are: ${known.join(', ')}`);
  return rules;
}

/** The names of the environments there are. @throws NoEnvironments, EnvironmentsInvalid */
export async function environmentNames(
  variables: NodeJS.ProcessEnv = ownVariables(),
): Promise<readonly string[]> {
  return Object.keys(readEnvironments(variables).content.environments);
}

function readEnvironments(variables: NodeJS.ProcessEnv): {
  readonly home: string;
  readonly file: string;
  readonly content: z.infer<typeof fileSchema>;
  /** Anybody on the machine may read the file. */
  readonly isOpen: boolean;
  readonly lineOf: (path: readonly string[]) => number;
} {
  const home = ensembleHome(variables);
  const file = join(home, FILE);
  const { bytes, isOpen } = read(file);
  const reading = parseYamlFile(bytes, file, fileSchema);
  if ('problems' in reading) {
    const [{ line, field, reason }] = reading.problems;
    throw new EnvironmentsInvalid({ file, line, field, reason });
  }
  const { value: content, lineOf } = reading;
  for (const [path, keys] of keysIn(content))
    for (const key of Object.keys(valueAt(content, path)))
      if (!keys.includes(key)) {
        const near = closestName(key, keys);
        const known = near === undefined ? `there are: ${keys.join(', ')}` : `did you mean ${near}?`;
        const place = [...path, key];
        throw new EnvironmentsInvalid({
          file,
          line: lineOf(place),
          field: place.join('.'),
          reason: `is no key that there is; ${known}`,
        });
      }
  return { home, file, content, isOpen, lineOf };
}

/** The places in a file of environments whose keys are known, with these. */
function keysIn(
  content: z.infer<typeof fileSchema>,
): readonly (readonly [readonly string[], readonly string[]])[] {
  return [
    [[], KEYS.file],
    ...(content.watcher === undefined
      ? []
      : watcherKeys(content.watcher).map(([path, keys]) => [['watcher', ...path], keys] as const)),
    ...Object.entries(content.environments).flatMap(([name, { hooks, trust, forges = [] }]) => [
      [['environments', name], KEYS.environment] as const,
      ...(hooks === undefined ? [] : [[['environments', name, 'hooks'], KEYS.hooks] as const]),
      ...(trust === undefined ? [] : [[['environments', name, 'trust'], KEYS.trust] as const]),
      ...forges.map((_, index) => [['environments', name, 'forges', String(index)], KEYS.forge] as const),
      ...(hooks?.retry === undefined
        ? []
        : [[['environments', name, 'hooks', 'retry'], KEYS.retry] as const]),
    ]),
  ];
}

function valueAt(content: object, path: readonly string[]): object {
  return path.reduce<object>((value, key) => Reflect.get(value, key), content);
}

/** Every command begins with it and waits for it, so it is not handed to a thread. */
function read(file: string): { readonly bytes: Buffer; readonly isOpen: boolean } {
  try {
    return { bytes: readFileSync(file), isOpen: isReadByOthers(file) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new NoEnvironments({ file });
    // The one that names no path.
    if (code === 'EISDIR')
      throw new EnvironmentsInvalid({ file, line: 1, field: '', reason: 'it is a directory' });
    throw error;
  }
}

/** Writes the first `environments.yaml`, unless there is one. @returns whether it was written */
export async function writeFirstEnvironments(
  variables: NodeJS.ProcessEnv = ownVariables(),
): Promise<boolean> {
  const file = join(ensembleHome(variables), FILE);
  // A file that is there may have any layout, which is seen to when the environment is loaded.
  const isNew = makeDirectory(dirname(file)) !== undefined;
  try {
    await writeFile(file, FIRST_FILE, { flag: 'wx', mode: 0o600 });
    if (isNew) markNew(dirname(file));
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

function trustOf(
  { signers, revoked, require = true }: z.infer<typeof trustSchema>,
  home: string,
): NonNullable<Environment['trust']> {
  return {
    signers: resolve(home, signers),
    ...(revoked !== undefined && { revoked: resolve(home, revoked) }),
    require,
  };
}
