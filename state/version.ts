import { readFileSync } from 'node:fs';

/** This release's version, from package.json. */
export function ensembleVersion(): string {
  // Two rooms up from dist/state/version.js.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return version;
}
