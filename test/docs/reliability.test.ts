import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countAsMarkdown, tableAsMarkdown } from '../faults/page.js';
import { projectDirectory } from './project.js';

/** Written by this test where `$UPDATE_DOCS` is set. */
const file = join(projectDirectory, 'docs/reliability.md');

function withTable(page: string): string {
  return page
    .replace(/^(\d+ cases: .*|COUNT)$/m, countAsMarkdown())
    .replace(/(<!-- table -->\n)[\s\S]*(\n<!-- end of table -->)/, (_, begin: string, end: string) =>
      [begin, tableAsMarkdown(), end].join(''),
    );
}

describe('docs/reliability.md', () => {
  it('shows the fault table as it is (UPDATE_DOCS=1 writes it)', () => {
    const page = readFileSync(file, 'utf8');
    if (process.env.UPDATE_DOCS !== undefined) writeFileSync(file, withTable(page));
    assert.equal(readFileSync(file, 'utf8'), withTable(page));
  });
});
