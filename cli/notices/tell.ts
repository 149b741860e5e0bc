import { join } from 'node:path';
import type { Environment } from '../../state/environments/environment.js';
import { ensembleHome } from '../../state/environments/environments-file.js';
import { systemClock } from '../../state/platform/clock.js';
import type { Trace } from '../invocation/trace.js';
import type { Output } from '../output/output.js';
import { paint } from '../output/terminal.js';
import { afterTelling, dueNotices, isLookDue, type Notice, withoutOutdated } from './due.js';
import { noticeLines } from './notice-lines.js';
import { changeNotices, noticesFile, readNotices } from './notices-file.js';
import { nothingKnown, withEnvironment } from './record.js';

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
  const file = noticesFile(process.env);
  const now = systemClock.now();
  const { state } = environment;
  const found = readNotices(file);
  if (found === undefined) return false;
  const entry = Object.hasOwn(found.environments, state) ? found.environments[state] : undefined;
  const isOutdated = entry !== undefined && withoutOutdated(entry, trace.given) !== entry;
  const isDue =
    isAllowed &&
    (isLookDue(entry ?? nothingKnown, now) || dueNotices(entry ?? nothingKnown, trace, now).length > 0);
  // Nearly always.
  if (!isOutdated && !isDue) return false;

  let told: readonly Notice[] = [];
  let isFirst = false;
  let isLooking = false;
  const changed = changeNotices(
    file,
    (before) => {
      // As it is now: another command may have told it meanwhile.
      const current = withoutOutdated(before.environments[state] ?? nothingKnown, trace.given);
      told = isAllowed ? dueNotices(current, trace, now) : [];
      isFirst = told.length > 0 && !before.introduced;
      isLooking = isAllowed && isLookDue(current, now);
      const after = afterTelling(current, told, now);
      const next = { ...after, ...(isLooking && { begun: now }) };
      return { ...withEnvironment(before, state, next), introduced: before.introduced || isFirst };
    },
    now,
  );
  if (changed === undefined) return false;
  // Only one command in twelve hours starts a process.
  if (isLooking) (await import('./start-refresh.js')).startRefresh(environment, process.env);
  if (told.length === 0) return false;
  print(told, isFirst, output);
  return true;
}

function print(told: readonly Notice[], isFirst: boolean, output: Output): void {
  const introduce = isFirst ? join(ensembleHome(), 'environments.yaml') : undefined;
  for (const line of noticeLines(told, introduce)) {
    const [, word, rest] = /^([A-Z-]+:|newer:)?(.*)$/s.exec(line) ?? [];
    const color = word === 'newer:' ? 'bold' : 'red';
    output.notice(`${paint(output.stderr, color, word ?? '')}${rest}`);
  }
}
