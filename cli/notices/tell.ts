import { join } from 'node:path';
import type { Environment } from '../../state/environments/environment.js';
import { ensembleHome } from '../../state/environments/home.js';
import { systemClock } from '../../state/platform/clock.js';
import type { Trace } from '../invocation/trace.js';
import type { Output } from '../output/output.js';
import { paint } from '../output/terminal.js';
import { afterTelling, dueNotices, isLookDue, type Notice, withoutOutdated } from './due.js';
import { noticeLines } from './notice-lines.js';
import { changeNotices, isQuiet, noticesFile, readHead, readNoticesOf, type Wanted } from './notices-file.js';
import type { NoticesOf } from './record.js';
import { ownVariables } from '../../state/platform/variables.js';

/**
 * Prints what is due, and begins a look where that is due. Both only where it can be noted, as it would come again with each
 * command otherwise.
 * @param isAllowed whether anything may be told at all; else only the command's own doing is noted
 * @returns whether something was printed
 */
export async function tell(
  environment: Environment,
  trace: Trace,
  isAllowed: boolean,
  output: Output,
): Promise<boolean> {
  const file = noticesFile(ownVariables());
  const now = systemClock.now();
  const { state } = environment;
  const head = readHead(file);
  if (head === undefined) return false;
  const isChanging = trace.given.size > 0;
  // Nearly always.
  if (!isChanging && isQuiet(head, state, now)) return false;
  // A command in a script leaves the file alone where it has nothing to take back.
  const wanted: Wanted = (line) =>
    (isAllowed && line.due <= now) || (isChanging && trace.given.has(line.name));
  if (!isAllowed && !isOutdated(readNoticesOf(file, state, wanted), trace)) return false;

  let told: readonly Notice[] = [];
  let isFirst = false;
  let isLooking = false;
  const changed = changeNotices(
    file,
    state,
    // As it is now: another command may have told it meanwhile.
    ({ entry, introduced }) => {
      const current = withoutOutdated(entry, trace.given);
      told = isAllowed ? dueNotices(current, trace, now) : [];
      isFirst = told.length > 0 && !introduced;
      isLooking = isAllowed && isLookDue(current, now);
      if (current === entry && told.length === 0 && !isLooking) return undefined;
      const after = afterTelling(current, told, now);
      return { entry: { ...after, ...(isLooking && { begun: now }) }, introduced: introduced || isFirst };
    },
    now,
    wanted,
  );
  if (!changed) return false;
  // Only one command in twelve hours starts a process.
  if (isLooking) (await import('./start-refresh.js')).startRefresh(environment, ownVariables());
  if (told.length === 0) return false;
  print(told, isFirst, output);
  return true;
}

function isOutdated(entry: NoticesOf | undefined, { given }: Trace): boolean {
  return entry !== undefined && withoutOutdated(entry, given) !== entry;
}

function print(told: readonly Notice[], isFirst: boolean, output: Output): void {
  const introduce = isFirst ? join(ensembleHome(), 'environments.yaml') : undefined;
  for (const line of noticeLines(told, introduce)) {
    const [, word, rest] = /^([A-Z-]+:|newer:)?(.*)$/s.exec(line) ?? [];
    const color = word === 'newer:' ? 'bold' : 'red';
    output.notice(`${paint(output.stderr, color, word ?? '')}${rest}`);
  }
}
