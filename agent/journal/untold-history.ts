import { type Event, type HistoryEntry, newEntry, ofLife } from '../../state/model/history-entry.js';
import { sayLeftBehind } from '../../state/model/left-behind.js';
import type { UnitRequests } from '../../state/model/requests.js';
import { isErrorState, type WorkflowState } from '../../state/model/workflow-state.js';
import { committedFormula, type UnitRecord } from './record.js';

/** The job of each state, for the history. */
const jobs: Partial<Record<WorkflowState, string>> = {
  installing: 'install',
  starting: 'start',
  configuring: 'config',
  upgrading: 'upgrade',
  stopping: 'stop',
};

/** Entries that wait for the coordinator; of more, the oldest are forgotten. */
const MOST_NEWS = 30;

/**
 * Turns a change of the unit's record into news for its history: jobs that are done or failed, errors that were
 * resolved. They are part of the record until they are in the tree, so that none is lost while the coordinator is
 * away.
 */
export function untoldAfter(
  before: UnitRecord,
  after: UnitRecord,
  requests: UnitRequests,
  at: string,
): readonly HistoryEntry[] {
  const news = entriesOf(before, after, requests, at).map((entry) =>
    ofLife(newEntry({ ...entry, at }), after),
  );
  const all = [...(after.news ?? []), ...news];
  return news.length === 0 ? all : all.slice(-MOST_NEWS);
}

/** The news of a unit with one more event: of what is no part of the unit's own record. */
export function untoldWith(record: UnitRecord, event: Event): readonly HistoryEntry[] {
  return [...(record.news ?? []), ofLife(newEntry(event), record)].slice(-MOST_NEWS);
}

/** The news of a unit whose formula holds an upgrade, its own or that of one that it is related to. */
export function untoldHold(
  record: UnitRecord,
  { at, of, to, until, reason }: UntoldHold,
): readonly HistoryEntry[] {
  const why = reason === undefined || reason === '' ? '' : `: ${reason}`;
  const message = `its formula holds ${of === undefined ? 'its upgrade' : `the upgrade of ${of}`} until ${until}${why}`;
  const details = { until, ...(of !== undefined && { of }) };
  return untoldWith(record, { at, what: 'hold-upgrade', outcome: 'done', to, message, details });
}

/** A hold that a unit's formula begins; instants in ISO. */
interface UntoldHold {
  readonly at: string;
  /** The related unit whose upgrade it is; undefined: its own. */
  readonly of?: string;
  /** The formula that is held off, by its id. */
  readonly to: string;
  readonly until: string;
  readonly reason: string | undefined;
}

function entriesOf(
  before: UnitRecord,
  after: UnitRecord,
  { resolved }: UnitRequests,
  at: string,
): readonly Omit<Event, 'at'>[] {
  const took = (since: string): number => Math.max(0, Date.parse(at) - Date.parse(since));
  const { upgrade } = before;
  if (after.upgrade?.failure !== undefined && upgrade?.failure === undefined && upgrade !== null) {
    const { from, to, by } = upgrade;
    const message = after.upgrade.failure;
    return [
      {
        what: 'upgrade',
        outcome: 'failed',
        from: from?.id,
        to: to.id,
        by,
        message,
        took: took(upgrade.since),
      },
    ];
  }
  const route = upgrade && {
    from: (upgrade.replaces ?? upgrade.from)?.id,
    to: upgrade.to.id,
    by: upgrade.by,
  };
  if (upgrade !== null && upgrade.step !== 'resuming' && after.upgrade?.step === 'resuming') {
    const what = upgrade.revert === true ? 'revert' : 'upgrade';
    const { leftBehind } = after;
    const { over } = upgrade;
    const said = [...(over === undefined ? [] : [over]), ...(leftBehind ? [sayLeftBehind(leftBehind)] : [])];
    const details = { ...(over !== undefined && { over }), ...(leftBehind && { leftBehind }) };
    return [
      {
        what,
        outcome: 'done',
        ...route,
        took: took(upgrade.since),
        ...(said.length > 0 && { message: said.join('; '), details }),
      },
    ];
  }
  if (before.state === after.state) return [];
  if (isErrorState(after.state)) {
    const isWayBack = before.state === 'upgrading' && upgrade?.revert === true;
    const what = isWayBack ? 'revert' : (jobs[before.state] ?? before.state);
    const failure = { what, outcome: 'failed', message: after.error ?? '' } as const;
    return [{ ...failure, ...(before.state === 'upgrading' && route), took: took(before.since) }];
  }
  if (isErrorState(before.state) && after.resolvedId !== before.resolvedId) {
    const retry = resolved?.value.retry === true;
    const message = retry ? 'the hook runs again' : 'taken as done';
    return [{ what: 'resolved', outcome: 'done', message, by: resolved?.value.by }];
  }
  const what = before.state === 'upgrading' ? undefined : jobs[before.state];
  if (what === undefined) return [];
  const to = what === 'install' ? committedFormula(after)?.id : undefined;
  return [{ what, outcome: 'done', to, took: took(before.since) }];
}
