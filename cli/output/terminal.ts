import type { Outlet } from './outlet.js';
import { ownVariables } from '../../state/platform/variables.js';

/** A stream the command writes to, as far as output cares what it is. */
export interface Screen {
  write(text: string): void;
  /** True if a person looks at it, so that it may be redrawn. */
  readonly isTerminal: boolean;
  readonly hasColors: boolean;
  /** Columns; Infinity where it is no terminal. Asked anew each time: windows are resized. */
  readonly columns: number;
  readonly rows: number;
  /** There while something is drawn over itself: writes a text above that, which would be drawn over otherwise. */
  above?: ((text: string) => void) | undefined;
}

export type Color = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

const CODES: Readonly<Record<Color, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** `text` in a colour, where the screen takes colours. */
export function paint(screen: Pick<Screen, 'hasColors'>, color: Color, text: string): string {
  const [on, off] = CODES[color];
  return screen.hasColors && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/** The screen of one of the process's outputs. Colours: on a terminal that is not `dumb`, unless `NO_COLOR` is set. */
export function screenOf(
  outlet: Omit<Outlet, 'flushed'>,
  variables: NodeJS.ProcessEnv = ownVariables(),
): Screen {
  const terminal = outlet.isTTY ? outlet : undefined;
  const dumb = variables.TERM === 'dumb';
  return {
    write: (text) => outlet.write(text),
    isTerminal: terminal !== undefined && !dumb,
    hasColors: terminal !== undefined && !dumb && (variables.NO_COLOR ?? '') === '',
    get columns() {
      return terminal === undefined ? Number.POSITIVE_INFINITY : terminal.columns || 80;
    },
    get rows() {
      return terminal === undefined ? Number.POSITIVE_INFINITY : terminal.rows || 24;
    },
  };
}
