import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's directory, seen from dist/test/docs/. */
export const projectDirectory = fileURLToPath(new URL('../../../', import.meta.url));

/** The text of one of the project's files, e.g. `docs/operators.md`. */
export function textOf(file: string): string {
  return readFileSync(join(projectDirectory, file), 'utf8');
}

/** The files under one of the project's directories, relative to it. */
export function filesUnder(directory: string): readonly string[] {
  return readdirSync(join(projectDirectory, directory), { recursive: true, encoding: 'utf8' }).sort();
}

/** The environment variables of ours that a text names, sorted. */
export function variablesIn(text: string): readonly string[] {
  return [...new Set(text.match(/\bENSEMBLE_[A-Z_]+/g))].sort();
}

/** The part of a text under the heading `title`, up to the next heading of that level or above. */
export function sectionOf(markdown: string, title: string): string {
  const lines = markdown.split('\n');
  let code = false;
  // A comment in a block of shell is no heading.
  const headings = lines.map((line) => {
    if (line.startsWith('```')) code = !code;
    return !code && /^#+ /.test(line);
  });
  const start = lines.findIndex((line, at) => headings[at] && line.replace(/^#+ /, '') === title);
  if (start < 0) throw new Error(`there is no section "${title}"`);
  const level = lines[start]?.indexOf(' ') ?? 0;
  const length = lines
    .slice(start + 1)
    .findIndex((line, at) => headings[start + 1 + at] && line.indexOf(' ') <= level);
  return lines.slice(start, length < 0 ? undefined : start + 1 + length).join('\n');
}
