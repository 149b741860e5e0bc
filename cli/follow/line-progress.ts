import type { Screen } from '../output/terminal.js';
import type { Progress } from '../../control/progress/follow.js';
import type { Row } from '../../control/progress/row.js';

/** Followed units of which every change is told; of more, only where each one comes to. */
const EACH_STEP = 20;

/** Progress where nobody watches, as in a pipe or a log: a line whenever a unit does something else. */
export function lineProgress(screen: Pick<Screen, 'write'>): Progress {
  const told = new Map<string, string>();
  const show = (rows: readonly Row[]): void => {
    let news = '';
    for (const row of rows) {
      if (rows.length > EACH_STEP && row.standing === 'under-way') continue;
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
