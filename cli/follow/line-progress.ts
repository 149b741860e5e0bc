import type { Screen } from '../output/terminal.js';
import type { Progress } from './follow.js';
import type { Row } from './row.js';

/** Progress where nobody watches, as in a pipe or a log: one line whenever a unit does something else. */
export function lineProgress(screen: Pick<Screen, 'write'>): Progress {
  const told = new Map<string, string>();
  const show = (rows: readonly Row[]): void => {
    let news = '';
    for (const row of rows) {
      const line = lineOf(row);
      if (told.get(row.unit) === line) continue;
      told.set(row.unit, line);
      news += `${line}\n`;
    }
    if (news !== '') screen.write(news);
  };
  return { show, end: show };
}

function lineOf({ unit, doing, message }: Row): string {
  return message === '' ? `${unit}: ${doing}` : `${unit}: ${doing}: ${message}`;
}
