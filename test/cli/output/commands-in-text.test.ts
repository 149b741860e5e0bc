import assert from 'node:assert/strict';
import { wrapToWidth } from '../../../cli/output/width.js';

const agent = 'ensemble-agent --machine m0 --data-dir /var/lib/ensemble';

describe('a text that names a command', () => {
  const rows: readonly (readonly [string, number, readonly string[]])[] = [
    [`start it on db1: ${agent}`, 30, ['start it on db1:', agent]],
    ['try: ensemble resolved --retry f/0 db:0', 30, ['try:', 'ensemble resolved --retry f/0 db:0']],
    ['next: ensemble status f, then go', 20, ['next:', 'ensemble status f,', 'then go']],
    ['kill -CONT 12 (node), or kill it', 14, ['kill -CONT 12', '(node), or', 'kill it']],
    ["ensemble run f/0 -- 'a, b' or not", 20, ["ensemble run f/0 -- 'a, b'", 'or not']],
    ['no command is in these words', 12, ['no command', 'is in these', 'words']],
  ];
  for (const [text, columns, lines] of rows)
    it(`keeps it in one piece on ${columns} columns: ${text}`, () => {
      assert.deepEqual(wrapToWidth(text, columns), lines);
    });
});
