import assert from 'node:assert/strict';
import { type Boundary, linesOf } from '../../../agent/logs/lines.js';
import type { LogLine } from '../../../state/model/logs.js';

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const written = at(30);
const start: Boundary = { offset: 0, hook: 'start', time: at(1) };

describe('the lines of a piece of a unit’s log', () => {
  interface Row {
    readonly rule: string;
    readonly text: string | Buffer;
    readonly offset?: number;
    readonly boundaries?: readonly Boundary[];
    readonly notBefore?: string;
    readonly secrets?: readonly string[];
    /** Time, hook, level and message. */
    readonly lines: readonly (readonly [string, string, string, string])[];
  }
  const rows: readonly Row[] = [
    { rule: 'are none if there is nothing', text: '', lines: [] },
    { rule: 'are at the time of the file at the latest', text: 'a\n', lines: [[written, '', 'INFO', 'a']] },
    {
      rule: 'may lack their end',
      text: 'a\nb',
      lines: [
        [written, '', 'INFO', 'a'],
        [written, '', 'INFO', 'b'],
      ],
    },
    { rule: 'lose Windows ends', text: 'a\r\n', lines: [[written, '', 'INFO', 'a']] },
    {
      rule: 'are those of the hook that ran',
      text: 'a\n',
      boundaries: [start],
      lines: [[written, 'start', 'INFO', 'a']],
    },
    {
      rule: 'were printed before the next hook began',
      text: 'a\nb\n',
      boundaries: [start, { offset: 2, hook: 'stop', time: at(9) }],
      lines: [
        [at(9), 'start', 'INFO', 'a'],
        [written, 'stop', 'INFO', 'b'],
      ],
    },
    {
      rule: 'are cut where the next hook began in the midst of one',
      text: 'ab\n',
      boundaries: [start, { offset: 1, hook: 'stop', time: at(9) }],
      lines: [
        [at(9), 'start', 'INFO', 'a'],
        [written, 'stop', 'INFO', 'b'],
      ],
    },
    {
      rule: 'are found in the file from the place of the piece',
      text: 'a\nb\n',
      offset: 100,
      boundaries: [start, { offset: 102, hook: 'stop', time: at(9) }],
      lines: [
        [at(9), 'start', 'INFO', 'a'],
        [written, 'stop', 'INFO', 'b'],
      ],
    },
    {
      rule: 'have the time and level that ensemble-log wrote',
      text: `${at(5)} WARNING full\n`,
      lines: [[at(5), '', 'WARNING', 'full']],
    },
    {
      rule: 'have no level of another word',
      text: `${at(5)} NOTICE full\n`,
      lines: [[written, '', 'INFO', `${at(5)} NOTICE full`]],
    },
    {
      rule: 'without a time were printed before a later one with a time',
      text: `a\n${at(5)} INFO b\nc\n`,
      lines: [
        [at(5), '', 'INFO', 'a'],
        [at(5), '', 'INFO', 'b'],
        [written, '', 'INFO', 'c'],
      ],
    },
    {
      rule: 'never go back in time behind the line before the piece',
      text: `${at(5)} INFO a\n${at(20)} INFO b\n`,
      notBefore: at(10),
      lines: [
        [at(10), '', 'INFO', 'a'],
        [at(20), '', 'INFO', 'b'],
      ],
    },
    {
      rule: 'never show a secret, however often it stands there',
      text: 'pw pw\n',
      secrets: ['pw'],
      lines: [[written, '', 'INFO', '[secret] [secret]']],
    },
    {
      rule: 'are cut if they are long, and say how long they were',
      text: 'x'.repeat(4_001),
      lines: [[written, '', 'INFO', `${'x'.repeat(4_000)}… (4001 characters)`]],
    },
    {
      rule: 'may hold what is no text',
      text: Buffer.from([0x61, 0xff, 0x0a]),
      lines: [[written, '', 'INFO', 'a\uFFFD']],
    },
  ];
  for (const { rule, text, offset = 0, boundaries = [], notBefore = '', secrets = [], lines } of rows)
    it(rule, () => {
      const piece = { unit: 'f/0', bytes: Buffer.from(text), offset, written, notBefore };
      const told = linesOf(piece, boundaries, secrets);
      assert.deepEqual(
        told,
        lines.map(([time, hook, level, message]) => ({
          time,
          unit: 'f/0',
          hook,
          level: level as LogLine['level'],
          message,
        })),
      );
    });
});
