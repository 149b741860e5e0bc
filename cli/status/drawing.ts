import { stripVTControlCharacters } from 'node:util';
import type { Output } from '../output/output.js';
import { cutToWidth } from '../output/width.js';
import type { StatusFormat } from './status-text.js';

/** Where a status is drawn again and again. */
export interface Drawing {
  draw(text: string): void;
}

/**
 * Draws each text over the one before on a terminal, and prints one after the other elsewhere. What is the same as
 * before is not drawn again; what does not fit the screen is cut off, since a screen that scrolls cannot be drawn over.
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
      const lines = text.split('\n');
      const room = stdout.rows - 1;
      const shown =
        lines.length <= room
          ? lines
          : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`];
      const drawn = shown.map((line) => `${cutLine(line, stdout.columns)}\u001b[K\n`).join('');
      // The whole screen once, then only what changed on it: no flicker.
      stdout.write(`${again ? '' : '\u001b[2J'}\u001b[H${drawn}\u001b[J`);
    },
  };
}

/** A line that fits the screen, with its colour; one that does not is cut, and loses it. */
function cutLine(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  const cut = cutToWidth(plain, columns);
  return cut === plain ? line : cut;
}
