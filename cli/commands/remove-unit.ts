import { namesOf } from '../../control/names-of.js';
import { systemClock } from '../../state/platform/clock.js';
import { forceUnitsOut } from '../../state/model/forced-removal.js';
import { type HistoryEntry, requestEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../state/model/removal.js';
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
  return withSession<ExitCode>(invocation, async (session) => {
    const by = requester(systemClock.now());
    if (force) {
      const gone = await forceUnitsOut(session.coordinator, units, by, (asked) =>
        requestEntry(by, { what: 'remove-unit', message: `${namesOf(asked)}, by force` }),
      );
      invocation.output.notice(`removed ${namesOf(gone)}, without a hook`);
      return 0;
    }
    const removal = { ...by, ...(keepData && { keepData }), ...(purge && { purge }) };
    const kept = keptAnyway(invocation.output);
    const entryOf = (asked: readonly string[]): HistoryEntry =>
      requestEntry(by, { what: 'remove-unit', message: namesOf(asked) });
    await requestRemoval(session.coordinator, units, removal, entryOf, kept.noted);
    const left = await Promise.all(units.map((unit) => session.coordinator.get(paths.unit(unit))));
    const gone = units.filter((_, index) => left[index] === undefined);
    const going = units.filter((_, index) => left[index] !== undefined);
    if (gone.length > 0) invocation.output.notice(`removed ${namesOf(gone)}`);
    if (going.length > 0) {
      const verb = going.length === 1 ? 'is' : 'are';
      invocation.output.notice(
        `${namesOf(going)} ${verb} asked to stop and go; see how far with: ensemble status`,
      );
    }
    kept.tell();
    await warnOfAbsentAgents(session, invocation, units);
    return 0;
  });
}
