import { upgradeCommand } from '../../state/formula/upgrade-command.js';
import type { UpgradeRules } from '../../state/formula/upgrade-rules.js';
import type { Blocker } from '../../state/model/blocker.js';
import { BUSY_CHECK, type CheckStanding, MOST_FAILURES } from './busy-check.js';
import type { Lease } from './leases.js';
import { type OwnHold, reasonOf } from './own-word.js';
import type { RelatedWait } from './related-waits.js';

/** The facts by which it is decided if an upgrade goes ahead. */
export interface PostponeFacts {
  readonly unit: string;
  readonly service: string;
  /** The formula that it is to have, by its id. */
  readonly to: string;
  readonly leases: readonly Lease[];
  /** What the `busy-check` hook says; undefined where that is idle, or there is none. */
  readonly check?: CheckStanding | undefined;
  /** The unit's own hold, where one stands. */
  readonly hold?: OwnHold | undefined;
  /** Related units that keep it waiting. */
  readonly related?: readonly RelatedWait[];
  /** Since when it is not known whom the unit is related to; undefined where it is. */
  readonly unread?: string | undefined;
  readonly rules: UpgradeRules;
  /** An operator wants it although the unit is busy. */
  readonly whileBusy: boolean;
  /** Since when it is postponed, as an ISO instant; undefined where it is not yet. */
  readonly since: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Says if it goes ahead, and if not, what keeps it. */
export interface PostponeDecision {
  readonly goesAhead: boolean;
  /** It goes ahead although these stand, in an operator's words: said on record. */
  readonly over: readonly string[];
  /** Empty where it goes ahead. */
  readonly blockers: readonly Blocker[];
  /** The end of the time for which it is postponed, as an ISO instant; undefined where it goes ahead. */
  readonly until?: string;
}

/** Something that the unit is at; instants in ISO. */
interface Work {
  readonly who: string;
  /** In a few words: `backup, process 12`. */
  readonly what: string;
  readonly reason: string;
  readonly since: string;
  readonly until?: string;
}

/** Decides from everything that is known; pure, and the same however often it is asked. */
export function decidePostponement(facts: PostponeFacts): PostponeDecision {
  const { check, hold, related = [], unread, rules, whileBusy, now } = facts;
  const isIgnored = rules.busy === 'ignore';
  const work = isIgnored ? [] : workOf(facts);
  const over = [
    ...(work.length > 0 ? [`busy: ${work.map(({ what }) => what).join('; ')}`] : []),
    ...(check?.kind === 'given-up' && !isIgnored
      ? [`its ${BUSY_CHECK} failed ${MOST_FAILURES} times in a row`]
      : []),
    ...(hold === undefined ? [] : [`held by itself until ${hold.until}`]),
    ...related.flatMap(({ kind, unit, until }) =>
      kind === 'held' ? [`held by ${unit} until ${until}`] : [],
    ),
  ];
  const since = facts.since ?? instant(now);
  const end = Date.parse(since) + rules.maxPostpone;
  const waits = work.length > 0 && !(end <= now && rules.onTimeout === 'force');
  const isHeld = hold !== undefined || related.length > 0 || unread !== undefined;
  if (whileBusy || (!waits && !isHeld)) return { goesAhead: true, over, blockers: [] };
  return {
    goesAhead: false,
    over: [],
    blockers: [
      ...(hold === undefined ? [] : [holdBlocker(hold, facts)]),
      ...related.map((wait) => relatedBlocker(wait, facts)),
      ...(unread === undefined || related.length > 0 ? [] : [unreadBlocker(unread, facts)]),
      ...(waits ? work.map((each) => blockerOf(each, facts, end <= now)) : []),
    ],
    ...(waits && { until: instant(end) }),
  };
}

function forceCommand({ unit, service, to }: PostponeFacts): string {
  return upgradeCommand(to, service, '--force', `--unit ${unit}`);
}

function holdBlocker(hold: OwnHold, facts: PostponeFacts): Blocker {
  const { unit } = facts;
  const why = reasonOf(hold);
  const proceed = `ensemble run ${unit} upgrade-proceed`;
  return {
    kind: 'held',
    who: unit,
    reason: `${unit} holds its own upgrade${why === '' ? '' : `: ${why}`}`,
    since: hold.since,
    until: hold.until,
    ends: `${proceed}, or over all that keeps it: ${forceCommand(facts)}`,
  };
}

/** A related unit that holds the upgrade, or has not said yet whether it does. */
function relatedBlocker(
  { unit: who, kind, since, until, reason }: RelatedWait,
  facts: PostponeFacts,
): Blocker {
  const { unit } = facts;
  const by = { kind: 'held', who, since, until } as const;
  const force = `over all that keeps it: ${forceCommand(facts)}`;
  if (kind !== 'held')
    return {
      ...by,
      reason: `${who}, which is related to ${unit}, is asked about its upgrade and has not answered`,
      ends: `it goes on by itself when ${who} answers, or says nothing for as long; or, ${force}`,
    };
  const proceed = `ensemble run ${who} -- upgrade-proceed --unit ${unit}`;
  return {
    ...by,
    reason: `${who}, which is related to ${unit}, holds its upgrade${reason === undefined ? '' : `: ${reason}`}`,
    ends: `${proceed}, or ${force}`,
  };
}

function unreadBlocker(since: string, facts: PostponeFacts): Blocker {
  return {
    kind: 'held',
    who: facts.unit,
    reason: `which units ${facts.unit} is related to is being read`,
    since,
    ends: `it goes on by itself when that is known; or, over all that keeps it: ${forceCommand(facts)}`,
  };
}

function workOf({ unit, leases, check }: PostponeFacts): readonly Work[] {
  const works = leases.map(({ name, pid, since, until, reason }): Work => {
    const what = `${name}, process ${pid}`;
    return {
      who: `lease ${name}, process ${pid}`,
      what,
      reason: `${unit} is busy: ${what}${reason === undefined ? '' : ` (${reason})`}`,
      since: instant(since * 1_000),
      ...(until !== undefined && { until: instant(until * 1_000) }),
    };
  });
  if (check === undefined || check.kind === 'given-up') return works;
  const who = `hook ${BUSY_CHECK}`;
  const since = instant(check.since);
  if (check.kind === 'busy')
    return [...works, { who, what: who, reason: `${unit} is busy: its ${BUSY_CHECK} says so`, since }];
  const times = check.failures === 1 ? 'once' : `${check.failures} times`;
  const reason = `whether ${unit} is busy is not known: ${check.failure} (${times}; ${MOST_FAILURES} times in a row count as idle)`;
  return [...works, { who, what: `${BUSY_CHECK} failed`, reason, since }];
}

function blockerOf({ who, reason, since, until }: Work, facts: PostponeFacts, isOver: boolean): Blocker {
  const force = forceCommand(facts);
  const asks = isOver && facts.rules.onTimeout === 'ask';
  return {
    kind: 'busy',
    who,
    reason,
    since,
    ...(until !== undefined && { until }),
    ends: asks
      ? `it was postponed for as long as its formula allows: wait on, or now: ${force}`
      : `it goes on by itself when that ends; at once: ${force}`,
  };
}

const instant = (ms: number): string => new Date(ms).toISOString();

/** What an upgrade went over, for the record: `although busy: backup, process 12`. */
export function overText(over: readonly string[]): string {
  return `although ${over.join(', and ')}`;
}
