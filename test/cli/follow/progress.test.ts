import assert from 'node:assert/strict';
import type { Standing } from '../../../control/progress/standing.js';
import { lineProgress } from '../../../cli/follow/line-progress.js';
import { progressLines } from '../../../cli/follow/progress-lines.js';
import type { Row } from '../../../control/progress/row.js';
import { terminalProgress } from '../../../cli/follow/terminal-progress.js';
import type { Screen } from '../../../cli/output/terminal.js';
import { displayWidth } from '../../../cli/output/width.js';
import { ManualClock } from '../../manual-clock.js';

function row(number: number, standing: Standing, doing: string, message = ''): Row {
  return { unit: `mysql/${number}`, machine: 'm0', formula: null, standing, doing, message, next: '' };
}

describe('progress on a terminal', () => {
  it('is a line per unit under a head, with the count and the time below', () => {
    const rows = [row(0, 'done', 'started'), row(1, 'failed', 'upgrade-error', 'exit 1')];
    assert.deepEqual(progressLines(rows, { columns: 80, rows: 24 }, '1.0 s'), [
      { text: 'UNIT     MACHINE  STATE          MESSAGE', color: 'bold' },
      { text: 'mysql/0  m0       started', color: 'green' },
      { text: 'mysql/1  m0       upgrade-error  exit 1', color: 'red' },
      { text: '1 of 2 done, 1.0 s', color: 'dim' },
    ]);
  });

  it('collapses to counts where the units do not fit, and names those that failed', () => {
    const rows = [
      ...Array.from({ length: 40 }, (_, index) => row(index, 'done', 'started')),
      ...Array.from({ length: 20 }, (_, index) => row(40 + index, 'under-way', 'upgrading, hook')),
      row(60, 'failed', 'upgrade-error', 'exit 1'),
      row(61, 'offline', 'started', 'no agent is running on m1'),
    ];
    assert.deepEqual(
      progressLines(rows, { columns: 80, rows: 24 }, '2.0 s').map(({ text }) => text),
      [
        '    40  started',
        '    20  upgrading, hook',
        '     1  upgrade-error',
        '     1  started (no agent)',
        'mysql/60: upgrade-error: exit 1',
        '40 of 62 done, 2.0 s',
      ],
    );
  });

  it('says of those that nobody works on why, where they collapse', () => {
    const offline = (from: number, count: number, more: Partial<Row>): readonly Row[] =>
      Array.from({ length: count }, (_, index) => ({ ...row(from + index, 'offline', 'started'), ...more }));
    const rows = [
      ...offline(0, 12, { absence: 'suspended' }),
      ...offline(12, 11, { absence: 'stopped' }),
      ...offline(23, 10, { absence: 'down' }),
      ...offline(33, 9, { machine: null }),
    ];
    assert.deepEqual(
      progressLines(rows, { columns: 80, rows: 24 }, '2.0 s').map(({ text }) => text),
      [
        '    12  started (agent suspended)',
        '    11  started (agent stopped)',
        '    10  started (no agent)',
        '     9  started (no machine)',
        '0 of 42 done, 2.0 s',
      ],
    );
  });

  it('is never taller or wider than the terminal', () => {
    for (const count of [1, 5, 20, 21, 22, 23, 24, 25, 500]) {
      for (const [columns, height] of [
        [80, 24],
        [20, 4],
        [10, 2],
      ] as const) {
        const rows = Array.from({ length: count }, (_, index) =>
          row(index, index % 2 === 0 ? 'failed' : 'under-way', 'upgrading', '数'.repeat(60)),
        );
        const lines = progressLines(rows, { columns, rows: height }, '1.0 s');
        assert.ok(lines.length < height, `${count} units, ${height} rows: ${lines.length} lines`);
        for (const { text } of lines) assert.ok(displayWidth(text) < columns, text);
      }
    }
  });

  it('cuts no command: it goes on below, and the next drawing begins above it', () => {
    const said =
      'port 80 is taken by nginx, and more of it; next: ensemble debug-log -e production -i mysql/0';
    const rows = [row(0, 'stuck', 'started', said), row(1, 'done', 'started')];
    const lines = progressLines(rows, { columns: 40, rows: 24 }, '1.0 s').map(({ text }) => text);
    const command = 'ensemble debug-log -e production -i mysql/0';
    assert.ok(lines.includes(command), lines.join('\n'));
    assert.ok(!lines.some((line) => line.includes('…')));
    const clock = new ManualClock();
    let written = '';
    const screen: Screen = {
      write: (text) => {
        written += text;
      },
      isTerminal: true,
      hasColors: false,
      columns: 40,
      rows: 24,
    };
    const progress = terminalProgress(screen, clock);
    progress.show(rows);
    written = '';
    clock.advance(1_000);
    assert.ok(written.startsWith(`\r\u001b[${lines.length + 1}A`), 'the command takes two rows');
    progress.end(rows);
    const few = progressLines(rows, { columns: 40, rows: 5 }, '1.0 s');
    assert.ok(few.length <= 4, 'and never more than there are');
  });

  it('leaves what is said meanwhile above it, and goes on beneath', () => {
    const clock = new ManualClock();
    let written = '';
    const screen: Screen = {
      write: (text) => {
        written += text;
      },
      isTerminal: true,
      hasColors: false,
      columns: 80,
      rows: 24,
    };
    const progress = terminalProgress(screen, clock);
    progress.show([row(0, 'under-way', 'one')]);
    written = '';
    screen.above?.('the coordinator does not answer\n');
    assert.ok(written.startsWith('\r\u001b[3A\u001b[Jthe coordinator does not answer\nUNIT'), written);
    written = '';
    clock.advance(1_000);
    assert.ok(written.startsWith('\r\u001b[3AUNIT'), 'the next drawing is over the table alone');
    progress.end([row(0, 'done', 'two')]);
    assert.equal(screen.above, undefined);
  });

  it('is drawn over itself, at most ten times a second, and once a second for the time', () => {
    const clock = new ManualClock();
    const writes: string[] = [];
    const screen = {
      write: (text: string) => void writes.push(text),
      isTerminal: true,
      hasColors: false,
      columns: 80,
      rows: 24,
    };
    const progress = terminalProgress(screen, clock);
    for (let change = 0; change < 100; change += 1) {
      progress.show([row(0, 'under-way', `step ${change}`)]);
      clock.advance(10);
    }
    assert.ok(writes.length >= 9 && writes.length <= 11, `${writes.length} drawings in a second`);
    assert.ok(
      writes.slice(1).every((text) => text.startsWith('\r\u001b[3A')),
      'also where ^C was echoed',
    );
    const before = writes.length;
    clock.advance(5_000);
    assert.ok(writes.length >= before + 5);
    progress.end([row(0, 'done', 'started')]);
    const final = writes.at(-1) ?? '';
    assert.match(final, /started/);
    assert.match(final, /1 of 1 done/);
    const ended = writes.length;
    clock.advance(10_000);
    assert.equal(writes.length, ended, 'nothing is drawn after the end');
  });
});

describe('progress in a pipe', () => {
  function linesOf(units: number): readonly string[] {
    let written = '';
    const progress = lineProgress({
      write: (text) => {
        written += text;
      },
    });
    const others = Array.from({ length: units - 2 }, (_, index) => row(2 + index, 'done', 'started'));
    progress.show([
      row(0, 'under-way', 'upgrading, hook'),
      row(1, 'under-way', 'upgrading, hook'),
      ...others,
    ]);
    progress.show([row(0, 'done', 'started'), row(1, 'failed', 'upgrade-error', 'exit 1'), ...others]);
    progress.end([row(0, 'done', 'started'), row(1, 'failed', 'upgrade-error', 'exit 1'), ...others]);
    return written.split('\n').filter((line) => /^mysql\/[01]:/.test(line));
  }

  it('is a line whenever a unit does something else', () => {
    assert.deepEqual(linesOf(20), [
      'mysql/0: upgrading, hook',
      'mysql/1: upgrading, hook',
      'mysql/0: started',
      'mysql/1: upgrade-error: exit 1',
    ]);
  });

  it('is a line when a unit is through or failed, where there are more than 20', () => {
    assert.deepEqual(linesOf(21), ['mysql/0: started', 'mysql/1: upgrade-error: exit 1']);
  });
});
