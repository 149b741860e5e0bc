import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countAsMarkdown, tableAsMarkdown } from '../faults/page.js';
import { nameOf } from '../faults/row.js';
import { TITLE, table } from '../faults/table.js';
import { filesUnder, projectDirectory, sectionOf, textOf } from './project.js';

/** This test writes it if `$UPDATE_DOCS` is set. */
const file = join(projectDirectory, 'docs/fault-table.md');

function withTable(page: string): string {
  return page
    .replace(/^(\d+ cases: .*|COUNT)$/m, countAsMarkdown())
    .replace(/(<!-- table -->\n)[\s\S]*(\n<!-- end of table -->)/, (_, begin: string, end: string) =>
      [begin, tableAsMarkdown(), end].join(''),
    );
}

describe('docs/fault-table.md', () => {
  it('shows the fault table as it is (UPDATE_DOCS=1 writes it)', () => {
    const page = readFileSync(file, 'utf8');
    if (process.env.UPDATE_DOCS !== undefined) writeFileSync(file, withTable(page));
    const written = readFileSync(file, 'utf8');
    assert.equal(written, withTable(page));
    assert.ok(written.includes(tableAsMarkdown()) && written.includes(countAsMarkdown()));
  });
});

describe('docs/reliability.md', () => {
  it('gives a command for each bug of its track record, by which a test is found', () => {
    const bugs = [
      ...sectionOf(textOf('docs/reliability.md'), 'Track record').matchAll(/^\| (.*) \| (.*) \|$/gm),
    ];
    const tests = filesUnder('test')
      .filter((each) => each.endsWith('.test.ts'))
      .map((each) => textOf(`test/${each}`));
    for (const [, bug, command = ''] of bugs.slice(2)) {
      const [, runner, pattern = ''] = /^`(npm run test:faults --|npx mocha) -g '(.+)'`$/.exec(command) ?? [];
      const isFound =
        runner === 'npx mocha'
          ? tests.some((text) => text.includes(pattern))
          : table.some((row) => new RegExp(pattern).test(`${TITLE} ${nameOf(row)}`));
      assert.ok(runner !== undefined && isFound, `${bug}: ${command}`);
    }
    assert.ok(bugs.length > 20);
  });
});
