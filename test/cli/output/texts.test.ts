import assert from 'node:assert/strict';
import { formatDuration, parseDuration } from '../../../cli/output/durations.js';
import { printable } from '../../../state/platform/printable.js';
import { reportError } from '../../../cli/output/report-error.js';
import { paint, screenOf } from '../../../cli/output/terminal.js';
import { cutToWidth, displayWidth } from '../../../cli/output/width.js';
import { UnitNotFound } from '../../../state/model/errors.js';

describe('a duration', () => {
  for (const [text, ms] of [
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['200ms', 200],
    ['90', 90_000],
    ['0s', undefined],
    ['-1s', undefined],
    ['soon', undefined],
    ['5 m', undefined],
    ['', undefined],
    ['1d', undefined],
  ] as const) {
    it(`is read from ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), ms));
  }

  for (const [ms, text] of [
    [0, '0.0 s'],
    [4_230, '4.2 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [65_000, '1 min 5 s'],
    [3_599_700, '1 h 0 min'],
    [7_380_000, '2 h 3 min'],
  ] as const) {
    it(`of ${ms} ms is written as people read it`, () => assert.equal(formatDuration(ms), text));
  }
});

describe('text of others', () => {
  it('is shown in one line and cannot steer the terminal', () => {
    assert.equal(printable('a\nb\t\tc '), 'a b c');
    assert.equal(printable('\u001b]0;owned\u0007'), '�]0;owned�');
    assert.equal(printable('abc\u202Etxt.exe'), 'abc�txt.exe');
    assert.equal(printable('père 👩‍🚀 数据'), 'père 👩‍🚀 数据');
  });

  it('is cut between characters, never within one', () => {
    assert.equal(cutToWidth('abcdef', 4), 'abc…');
    assert.equal(cutToWidth('数据库', 5), '数据…');
    assert.equal(cutToWidth('数据库', 4), '数…');
    assert.equal(cutToWidth('e\u0301e\u0301e\u0301', 2), 'e\u0301…');
    assert.equal(cutToWidth('abc', 0), '');
    assert.equal(displayWidth('👩‍🚀'), 2);
  });
});

describe('colours', () => {
  const stream = (isTTY: boolean) => Object.assign(Object.create(process.stderr), { isTTY });

  it('are for terminals only, and not where NO_COLOR is set', () => {
    assert.equal(screenOf(stream(true), { TERM: 'xterm' }).hasColors, true);
    assert.equal(screenOf(stream(true), { TERM: 'xterm', NO_COLOR: '' }).hasColors, true);
    assert.equal(screenOf(stream(true), { TERM: 'xterm', NO_COLOR: '1' }).hasColors, false);
    assert.equal(screenOf(stream(true), { TERM: 'dumb' }).hasColors, false);
    assert.equal(screenOf(stream(true), { TERM: 'dumb' }).isTerminal, false);
    assert.equal(screenOf(stream(false), {}).hasColors, false);
    assert.equal(screenOf(stream(false), {}).columns, Number.POSITIVE_INFINITY);
    assert.equal(paint({ hasColors: false }, 'red', 'x'), 'x');
    assert.equal(paint({ hasColors: true }, 'red', 'x'), '\u001b[31mx\u001b[39m');
  });
});

describe('an error', () => {
  const told = (error: unknown, debug = false): { readonly text: string; readonly code: number } => {
    let text = '';
    const screen = {
      write: (more: string) => {
        text += more;
      },
      hasColors: false,
      isTerminal: false,
      columns: 80,
      rows: 24,
    };
    const code = reportError(error, screen, debug);
    return { text, code };
  };

  it('is told in a sentence with what to do next', () => {
    assert.deepEqual(told(new UnitNotFound({ unit: 'mysql/0' })), {
      text: 'ensemble: unit mysql/0 does not exist\n  try: ensemble status\n',
      code: 1,
    });
  });

  it('that nobody foresaw is one sentence, and its stack is there with --debug', () => {
    const error = new TypeError("cannot read properties of undefined (reading 'x')\nsecond line");
    assert.equal(
      told(error).text,
      "ensemble: unexpected: cannot read properties of undefined (reading 'x')\n" +
        '  try: the same command with --debug, and report what it shows\n',
    );
    assert.match(told(error, true).text, /\n\s+at /);
    assert.equal(told('a string').text.split('\n')[0], 'ensemble: unexpected: a string');
  });

  it('shows what caused it with --debug', () => {
    const error = new Error('outer', { cause: new Error('inner') });
    assert.match(told(error, true).text, /caused by: Error: inner/);
  });
});
