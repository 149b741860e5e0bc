import { knownNewer } from '../../control/newer/known-newer.js';
import type { NewerEntry } from '../../control/newer/newer-document.js';
import { systemClock } from '../../state/platform/clock.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { withSession } from '../invocation/session.js';
import { newerExitCode } from '../newer/exit-code.js';
import { newerLines } from '../newer/newer-lines.js';
import { offersOf } from '../newer/offers.js';
import { noteShown } from '../notices/note-shown.js';
import { warnOfPausedWatcher } from '../watching/late.js';
import { type Format, printData } from '../output/output.js';

export interface NewerOptions {
  readonly explain?: boolean;
  /** Ask the repositories, whatever is known. */
  readonly refresh?: boolean;
  readonly exitCode?: boolean;
  readonly format: Format;
}

/** Prints what is newer than what services run; changes nothing. */
export async function newer(
  services: readonly string[],
  { explain = false, refresh = false, exitCode = false, format }: NewerOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const document = await knownNewer(session, services, { now: systemClock.now(), refresh });
    const isExplained = explain || format !== 'table';
    await printData(invocation.output, format, document, (columns) => newerLines(document, explain, columns));
    warnOfPausedWatcher(document, invocation.output, 'ensemble newer --refresh');
    const shown = {
      found: document,
      isAll: services.length === 0,
      revisions: (entry: NewerEntry) =>
        (isExplained ? entry.candidates : offersOf(entry)).map(({ revision }) => revision),
    };
    await noteShown(session, shown, invocation.output, systemClock.now());
    return exitCode ? newerExitCode(Object.values(document)) : 0;
  });
}
