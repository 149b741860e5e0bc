import assert from 'node:assert/strict';
import type { Screen } from '../../../cli/output/terminal.js';
import { drawing } from '../../../cli/status/drawing.js';

const CLEAR = '\u001b[2J';
const HOME = '\u001b[H';

/** A screen of 20 columns and 4 rows, or a file, with what was written to it. */
function screen(isTerminal: boolean): { readonly stdout: Screen; readonly written: string[] } {
  const written: string[] = [];
  const write = (text: string): void => {
    written.push(text);
  };
  return { stdout: { write, isTerminal, hasColors: false, columns: 20, rows: 4 }, written };
}

describe('a status that is watched', () => {
  it('clears a terminal once and then draws over what is there', () => {
    const { stdout, written } = screen(true);
    const onto = drawing({ stdout, data: assert.fail }, 'table');
    onto.draw('one\ntwo');
    onto.draw('one\nthree');
    assert.deepEqual(written, [
      `${CLEAR}${HOME}one\u001b[K\ntwo\u001b[K\n\u001b[J`,
      `${HOME}one\u001b[K\nthree\u001b[K\n\u001b[J`,
    ]);
  });

  it('draws nothing where nothing changed', () => {
    const { stdout, written } = screen(true);
    const onto = drawing({ stdout, data: assert.fail }, 'table');
    onto.draw('same');
    onto.draw('same');
    assert.equal(written.length, 1);
  });

  it('never makes a terminal scroll: lines that do not fit are counted, wide ones cut', () => {
    const { stdout, written } = screen(true);
    drawing({ stdout, data: assert.fail }, 'table').draw(`${'x'.repeat(30)}\n2\n3\n4\n5`);
    const lines = (written[0] ?? '').split('\n');
    assert.equal(lines.length, stdout.rows, 'the cursor stands in the last row');
    assert.match(lines[0] ?? '', /x{19}…/);
    assert.match(lines[2] ?? '', /^… 3 more lines/);
  });

  it('cuts no command: it goes on below, and what it takes of the screen is counted', () => {
    const { stdout, written } = screen(true);
    const command = 'ensemble resolved --retry f/0';
    const onto = drawing({ stdout, data: assert.fail }, 'table');
    onto.draw(`  next: ${command}`);
    assert.equal(written[0], `${CLEAR}${HOME}  next:\u001b[K\n  ${command}\u001b[K\n\u001b[J`);
    onto.draw(`  ${command}\n3\n4`);
    assert.equal(written[1], `${HOME}  ${command}\u001b[K\n… 2 more lines\u001b[K\n\u001b[J`);
    // The terminal would wipe the last letter of a line that ends with its row.
    onto.draw('x'.repeat(20));
    assert.equal(written[2], `${HOME}${'x'.repeat(20)}\n\u001b[J`);
  });

  it('prints one after the other elsewhere, with a line between tables', () => {
    const { stdout, written } = screen(false);
    const data: string[] = [];
    const onto = drawing({ stdout, data: (text) => data.push(text) }, 'table');
    onto.draw('one');
    onto.draw('two');
    assert.deepEqual([data, written], [['one', '\ntwo'], []]);
  });
});
