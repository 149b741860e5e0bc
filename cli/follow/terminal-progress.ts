import type { Clock, Timer } from '../../state/platform/clock.js';
import { formatDuration } from '../output/durations.js';
import { rowsTaken, wipeAfter } from '../output/fit-line.js';
import { type Color, paint, type Screen } from '../output/terminal.js';
import type { Progress } from '../../control/progress/follow.js';
import { progressLines } from './progress-lines.js';
import type { Row } from '../../control/progress/row.js';

/** Milliseconds between two drawings, so that a thousand units do not make a terminal flicker. */
const LEAST_PAUSE = 100;

/** Milliseconds after which the time is drawn anew though nothing happened. */
const TICK = 1_000;

/** Progress that a person watches: a table drawn over itself. */
export function terminalProgress(screen: Screen, clock: Clock): Progress {
  const begun = clock.monotonic();
  let rows: readonly Row[] = [];
  let drawn = 0;
  let last = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;
  let soon = false;

  // A terminal that echoed ^C stands behind it.
  const back = (): string => (drawn === 0 ? '' : `\r\u001b[${drawn}A`);

  const draw = (): void => {
    timer?.cancel();
    soon = false;
    last = clock.monotonic();
    const lines = progressLines(rows, screen, formatDuration(last - begun));
    const { columns } = screen;
    const text = lines
      .map(({ text: line, color }) => `${colored(screen, color, line)}${wipeAfter(line, columns)}\n`)
      .join('');
    screen.write(`${back()}${text}\u001b[J`);
    drawn = lines.reduce((sum, line) => sum + rowsTaken(line.text, columns), 0);
    timer = clock.after(TICK, draw);
  };

  // Texts that come meanwhile stay, and the table goes on beneath them.
  screen.above = (text) => {
    screen.write(`${back()}\u001b[J${text}`);
    drawn = 0;
    if (rows.length > 0) draw();
  };

  return {
    show(next) {
      rows = next;
      if (soon) return;
      const wait = last + LEAST_PAUSE - clock.monotonic();
      if (wait <= 0) return draw();
      timer?.cancel();
      timer = clock.after(wait, draw);
      soon = true;
    },
    end(final) {
      rows = final;
      if (rows.length > 0) draw();
      timer?.cancel();
      screen.above = undefined;
    },
  };
}

function colored(screen: Screen, color: Color | undefined, line: string): string {
  return color === undefined ? line : paint(screen, color, line);
}
