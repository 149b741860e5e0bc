import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** This release's version, from package.json. */
export function ensembleVersion(): string {
  // Two rooms up from dist/state/version.js.
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return version;
}
