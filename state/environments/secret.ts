import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type * as z from '../platform/zod.js';
import { type environmentSchema, SHORTEST_SECRET } from './environments-schema.js';
import { EnvironmentsInvalid } from './errors.js';

interface Secret {
  readonly secret: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * An environment's secret, and who else may read it, in sentences.
 * @param lineOf the line of what stands at a path of the file
 * @throws EnvironmentsInvalid, which never says what the secret is
 */
export function secretOf(
  file: string,
  environment: string,
  { secret, secretFile }: z.infer<typeof environmentSchema>,
  isOpen: boolean,
  lineOf: (path: readonly string[]) => number,
): Secret {
  if (secretFile === undefined) {
    const isTold = secret !== undefined && isOpen;
    return { secret, warnings: isTold ? [openTo(file, `the secret of environment ${environment}`)] : [] };
  }
  const place = ['environments', environment, 'secretFile'];
  const invalid = (reason: string): EnvironmentsInvalid =>
    new EnvironmentsInvalid({ file, line: lineOf(place), field: place.join('.'), reason });
  if (secret !== undefined) throw invalid('stands beside `secret`; keep one of the two');
  const path = resolve(dirname(file), secretFile);
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw invalid(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  if (text.length < SHORTEST_SECRET) {
    const holds = text === '' ? 'is empty' : `holds ${text.length} characters`;
    throw invalid(`${path} ${holds}; a secret has ${SHORTEST_SECRET} characters at least`);
  }
  return { secret: text, warnings: isReadByOthers(path) ? [openTo(path, 'the secret in it')] : [] };
}

/** True if anybody on the machine may read it; a group may be that of the operators. */
export function isReadByOthers(file: string): boolean {
  return (statSync(file).mode & 0o007) !== 0;
}

function openTo(file: string, what: string): string {
  return `anybody on this machine may read ${file}, and with it ${what}; close it with: chmod o= ${file}`;
}
