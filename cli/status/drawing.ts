import { stripVTControlCharacters } from 'node:util';
import type { Output } from '../output/output.js';
import { fitLine, linesWithin, wipeAfter } from '../output/fit-line.js';
import type { StatusFormat } from './status-text.js';

/** Where a status is drawn again and again. */
export interface Drawing {
  draw(text: string): void;
}

/**
 * Draws each text over the one before on a terminal, and prints one after the other elsewhere. What is the same as
 * before is not drawn again; what does not fit the screen is cut off, since a screen that scrolls cannot be drawn over.
 * A command is not cut: whoever copied it would run another one.
 */
export function drawing({ stdout, data }: Pick<Output, 'stdout' | 'data'>, format: StatusFormat): Drawing {
  let last: string | undefined;
  return {
    draw(text) {
      if (text === last) return;
      const again = last !== undefined;
      last = text;
      if (!stdout.isTerminal) {
        data(again && format === 'table' ? `\n${text}` : text);
        return;
      }
      const { columns } = stdout;
      const lines = text.split('\n').flatMap((line) => fitted(line, columns));
      const room = stdout.rows - 1;
      const all = linesWithin(lines, columns, room);
      const within = all.length === lines.length ? all : linesWithin(lines, columns, room - 1);
      const rest = lines.length - within.length;
      const shown = rest === 0 ? within : [...within, ...fitted(`… ${rest} more lines`, columns)];
      const drawn = shown.map((line) => `${line.painted}${wipeAfter(line.text, columns)}\n`).join('');
      // The whole screen once, then only what changed on it: no flicker.
      stdout.write(`${again ? '' : '\u001b[2J'}\u001b[H${drawn}\u001b[J`);
    },
  };
}

/** A line with its colour; one that does not fit the screen loses it. */
function fitted(
  line: string,
  columns: number,
): readonly { readonly text: string; readonly painted: string }[] {
  const plain = stripVTControlCharacters(line);
  const lines = fitLine(plain, columns);
  return lines.map((text) => ({ text, painted: text === plain ? line : text }));
}
