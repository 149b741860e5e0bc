import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesUnder, projectDirectory, textOf } from './project.js';

const pages = (): readonly string[] => [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...filesUnder('docs')
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** A heading as others link to it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsIn(page: string): readonly string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading ?? ''));
}

describe('the docs', () => {
  it('link only to what is there', () => {
    for (const page of pages()) {
      for (const [, target = ''] of textOf(page).matchAll(/\]\(((?!https?:)[^)\s]+)\)/g)) {
        const [file = '', heading] = target.split('#');
        const path = file === '' ? page : join(dirname(page), file);
        assert.ok(existsSync(join(projectDirectory, path)), `${page} links to ${target}`);
        if (heading !== undefined) assert.ok(anchorsIn(path).includes(heading), `${page} links to ${target}`);
      }
    }
  });

  it('can be reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached)
      for (const [, target = ''] of textOf(page).matchAll(/\]\(([^)#\s]+\.md)(?:#[^)]*)?\)/g))
        reached.add(join(dirname(page), target));
    assert.deepEqual(
      pages().filter((page) => !reached.has(page)),
      [],
    );
  });
});
