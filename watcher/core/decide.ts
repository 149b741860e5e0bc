import type { Classified, Opinion } from '../../control/newer/classify.js';
import { automaticBlockers } from '../../control/rollout/automatic.js';
import { formatFormulaId, parseFormulaId } from '../../state/formula/formula-id.js';
import { opensAt, type UpgradePolicy } from '../../state/model/upgrade-policy.js';
import type { WatcherFingerprint } from '../../state/model/watcher.js';
import { begunByWatcher, fingerprintOf, type Seen } from './seen.js';

/** A revision that the watcher does something about. */
export interface Aim {
  readonly revision: number;
  /** Its formula's id. */
  readonly formula: string;
}

/** Something that the policy wants, and that is not done now. */
export interface Deferral {
  readonly aim: Aim;
  /** In words that follow it: `the window opens at …`. */
  readonly why: string;
  /** Milliseconds since 1970; undefined where somebody has to do something. */
  readonly until?: number | undefined;
}

/** What there is to be done about a service. */
export interface Decision {
  /** Undefined where it is not known what is newer: then nothing is done. */
  readonly fingerprint: string | undefined;
  /** It is news, and nobody was told. */
  readonly announce: boolean;
  /** To be where the units will need it. */
  readonly stage?: Aim;
  /** To be upgraded to. */
  readonly begin?: Aim;
  /** The formula of a rollout that a watcher began, and was ended before it noted that. */
  readonly begun?: string;
  readonly deferred?: Deferral;
}

/**
 * Decides what there is to be done about a service; pure, and by nothing but the whole of what is there now, so that what
 * was missed meanwhile makes no difference.
 * @param stored what was done about it before
 * @param now milliseconds since 1970
 */
export function decide(seen: Seen, stored: WatcherFingerprint | undefined, now: number): Decision {
  const begun = begunByWatcher(seen);
  if (begun === undefined || begun === stored?.begun) return decideAfter(seen, stored, stored?.begun, now);
  return { ...decideAfter(seen, stored, begun, now), begun };
}

/** @param begun the formula whose rollout a watcher began last, noted or not */
function decideAfter(
  seen: Seen,
  stored: WatcherFingerprint | undefined,
  begun: string | undefined,
  now: number,
): Decision {
  const fingerprint = fingerprintOf(seen);
  const { opinion, policy } = seen;
  if (fingerprint === undefined || 'why' in opinion) return { fingerprint: undefined, announce: false };
  if (policy.mode === 'off') return { fingerprint, announce: false };
  const hasNews = opinion.eligible !== null || opinion.questionable !== null;
  const announce = hasNews && stored?.announced.includes(fingerprint) !== true;
  const best = takeable(opinion, policy);
  if (best === undefined || policy.mode === 'notify') return { fingerprint, announce };
  const aim = aimAt(seen, best);
  // Whoever began it knows of it, and it is on its way: as a clone, beside a service that is what it was.
  if (policy.mode === 'auto' && isOnItsWay(seen, aim))
    return { fingerprint, announce: false, deferred: { aim, why: `its rollout is ${seen.rollout?.state}` } };
  const staged = stored?.staged === aim.formula ? {} : { stage: aim };
  if (policy.mode === 'stage') return { fingerprint, announce, ...staged };
  // It began that once, and the service did not stay there: whoever took it back has a reason.
  if (begun === aim.formula)
    return {
      fingerprint,
      announce,
      deferred: { aim, why: 'the watcher began that before, and it was taken back' },
    };
  const deferred = deferral(seen, isUrgent(opinion, aim, policy), aim, now);
  return deferred === undefined
    ? { fingerprint, announce, begin: aim }
    : { fingerprint, announce, ...staged, deferred };
}

/**
 * The highest revision that may be taken without anybody who looks: an eligible one; where the policy takes any line, one
 * whose only doubt is its line, too.
 */
export function takeable({ candidates }: Opinion, { lines }: UpgradePolicy): Classified | undefined {
  return candidates.find((each) => mayBeTaken(each, lines));
}

function mayBeTaken({ class: kind, reasons }: Classified, lines: UpgradePolicy['lines']): boolean {
  if (kind === 'eligible') return true;
  return lines === 'any' && kind === 'questionable' && reasons.every((each) => each.kind === 'other-line');
}

/** What is urgent in a lower revision is so in the one that comes after it, too. */
function isUrgent({ candidates }: Opinion, { revision }: Aim, { lines }: UpgradePolicy): boolean {
  return candidates.some(
    (each) => each.urgent !== null && each.revision <= revision && mayBeTaken(each, lines),
  );
}

/** A rollout takes the service there, whoever began it. One that failed goes nowhere. */
function isOnItsWay({ rollout }: Seen, { formula }: Aim): boolean {
  return rollout?.to === formula && (rollout.state === 'running' || rollout.state === 'paused');
}

function aimAt({ formula }: Seen, { revision }: Classified): Aim {
  return { revision, formula: formatFormulaId({ ...parseFormulaId(formula), revision }) };
}

/** Why a rollout does not begin now, the longest lasting first; undefined where it does. */
function deferral(
  { service, holds, rollout, policy }: Seen,
  urgent: boolean,
  aim: Aim,
  now: number,
): Deferral | undefined {
  if (rollout?.to === aim.formula && rollout.state !== 'done' && rollout.state !== 'superseded')
    return { aim, why: `its rollout is ${rollout.state}` };
  // A hold of all levels on single units leaves these out; one of the level auto is respected by leaving all alone.
  const respected = holds.filter(({ unit, level }) => unit === undefined || level === 'auto');
  const [blocker] = automaticBlockers(service, { service: {}, rollout, holds: respected }, aim.formula, now);
  if (blocker !== undefined)
    return {
      aim,
      why: blocker.who === service ? blocker.reason : `${blocker.who} is ${blocker.reason}`,
      ...(blocker.until !== null && { until: Date.parse(blocker.until) }),
    };
  const opens = opensAt(policy, urgent, now);
  if (opens === undefined) return { aim, why: 'none of its windows opens in the next weeks' };
  if (opens > now) return { aim, why: `its window opens at ${new Date(opens).toISOString()}`, until: opens };
  return undefined;
}
