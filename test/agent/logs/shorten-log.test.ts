import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shortenLog } from '../../../agent/logs/shorten-log.js';

describe('a log that is shortened', () => {
  let directory: string;
  let log: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ensemble-shorten-'));
    log = join(directory, 'hooks.log');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const rows: readonly (readonly [string, string, number, string])[] = [
    ['keeps its end', 'abcdef', 4, 'cdef'],
    ['keeps all of it if it is short', 'abc', 4, 'abc'],
    ['keeps nothing of nothing', '', 4, ''],
  ];
  for (const [rule, text, keep, kept] of rows)
    it(rule, () => {
      writeFileSync(log, text);
      shortenLog(log, keep);
      assert.deepEqual([readFileSync(log, 'utf8'), readFileSync(`${log}.1`, 'utf8')], ['', kept]);
    });

  it('keeps more than it copies at a time', () => {
    const text = 'x'.repeat(3 * 1024 * 1024 + 1);
    writeFileSync(log, `y${text}`);
    shortenLog(log, text.length);
    assert.equal(readFileSync(`${log}.1`, 'utf8'), text);
  });

  it('replaces what was kept before, and stays the file that a hook has open', () => {
    writeFileSync(`${log}.1`, 'old');
    writeFileSync(log, 'abc');
    const hook = openSync(log, 'a');
    shortenLog(log, 2);
    writeSync(hook, 'more');
    closeSync(hook);
    appendFileSync(log, '!');
    assert.deepEqual([readFileSync(log, 'utf8'), readFileSync(`${log}.1`, 'utf8')], ['more!', 'bc']);
  });

  it('is an error if it is not there', () => assert.throws(() => shortenLog(log, 4), { code: 'ENOENT' }));
});
