import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { allRows, statedElsewhere } from './rows.js';

const tests = fileURLToPath(new URL('../../../test/', import.meta.url));

describe('the rows of parity', () => {
  it('are each there once', () => assert.equal(new Set(allRows).size, allRows.length));

  for (const [row, { file, title }] of Object.entries(statedElsewhere))
    it(`have a test elsewhere that runs on both engines: ${row}`, () => {
      const text = readFileSync(`${tests}${file}`, 'utf8');
      assert.ok(text.includes(`it('${title}'`), `${file} has "${title}"`);
      assert.match(text, /^for \(const engines of \[embedded, (zookeeper|servers)\(\)\]\)/m);
    });
});
