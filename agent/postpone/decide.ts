import type { UpgradeRules } from '../../state/formula/upgrade-rules.js';
import type { Blocker } from '../../state/model/blocker.js';
import type { Lease } from './leases.js';

/** The facts by which it is decided if an upgrade goes ahead. */
export interface PostponeFacts {
  readonly unit: string;
  readonly service: string;
  readonly leases: readonly Lease[];
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
  /** It goes ahead although these stand: said on record. */
  readonly over: readonly Lease[];
  /** Empty where it goes ahead. */
  readonly blockers: readonly Blocker[];
  /** The end of the time for which it is postponed, as an ISO instant; undefined where it goes ahead. */
  readonly until?: string;
}

/** Decides from everything that is known; pure, and the same however often it is asked. */
export function decidePostponement(facts: PostponeFacts): PostponeDecision {
  const { leases, rules, whileBusy, now } = facts;
  if (leases.length === 0 || rules.busy === 'ignore') return { goesAhead: true, over: [], blockers: [] };
  if (whileBusy) return { goesAhead: true, over: leases, blockers: [] };
  const since = facts.since ?? new Date(now).toISOString();
  const end = Date.parse(since) + rules.maxPostpone;
  const isOver = end <= now;
  if (isOver && rules.onTimeout === 'force') return { goesAhead: true, over: leases, blockers: [] };
  return {
    goesAhead: false,
    over: [],
    blockers: leases.map((lease) => blockerOf(lease, facts, isOver)),
    until: new Date(end).toISOString(),
  };
}

function blockerOf(lease: Lease, { unit, service, rules }: PostponeFacts, isOver: boolean): Blocker {
  const { name, pid, since, until, reason } = lease;
  const force = `ensemble upgrade-formula --force --unit ${unit} ${service}`;
  const asks = isOver && rules.onTimeout === 'ask';
  return {
    kind: 'busy',
    who: `lease ${name}, process ${pid}`,
    reason: `${unit} is busy: ${name}, process ${pid}${reason === undefined ? '' : ` (${reason})`}`,
    since: instant(since),
    ...(until !== undefined && { until: instant(until) }),
    ends: asks
      ? `it was postponed for as long as its formula allows: wait on, or now: ${force}`
      : `it goes on by itself when that ends; at once: ${force}`,
  };
}

const instant = (seconds: number): string => new Date(seconds * 1_000).toISOString();

/** The work that an upgrade went over, for the record: `although busy: backup, process 12`. */
export function overText(over: readonly Lease[]): string {
  return `although busy: ${over.map(({ name, pid }) => `${name}, process ${pid}`).join('; ')}`;
}
