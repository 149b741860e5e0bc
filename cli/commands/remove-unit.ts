import { namesOf } from '../../control/names-of.js';
import { forceUnitsOut } from '../../control/remove/force-out.js';
import { removeUnits as askUnits } from '../../control/remove/remove-units.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { systemClock } from '../../state/platform/clock.js';
import { warnOfAbsentAgents } from '../follow/follow-and-tell.js';
import { keptAnyway } from '../follow/tell-kept.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface RemoveUnitOptions {
  readonly keepData?: boolean;
  readonly purge?: boolean;
  readonly force?: boolean;
}

/** Asks units to stop and go; either all of them exist, or none is asked. Those of lost machines go by force. */
export async function removeUnits(
  units: readonly string[],
  { keepData = false, purge = false, force = false }: RemoveUnitOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  if (keepData && purge) throw invocation.misuse('--keep-data and --purge are opposites: choose one');
  if ((keepData || purge) && force)
    throw invocation.misuse('--force reaches no agent, which could keep or remove the data');
  const { output } = invocation;
  return withSession<ExitCode>(invocation, async (session) => {
    const by = requester(systemClock.now());
    if (force) {
      const gone = await forceUnitsOut(session.coordinator, units, by, (asked) =>
        requestEntry(by, { what: 'remove-unit', message: `${namesOf(asked)}, by force` }),
      );
      output.notice(`removed ${namesOf(gone)}, without a hook`);
      return 0;
    }
    const kept = keptAnyway(output);
    const { gone, going } = await askUnits(session, { units, keepData, purge, by }, kept.noted);
    if (gone.length > 0) output.notice(`removed ${namesOf(gone)}`);
    if (going.length > 0) {
      const verb = going.length === 1 ? 'is' : 'are';
      output.notice(`${namesOf(going)} ${verb} asked to stop and go; see how far with: ensemble status`);
    }
    kept.tell();
    await warnOfAbsentAgents(session, invocation, units);
    return 0;
  });
}
