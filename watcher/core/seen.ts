import { createHash } from 'node:crypto';
import type { Opinion } from '../../control/newer/classify.js';
import type { Hold } from '../../state/model/hold.js';
import type { Rollout } from '../../state/model/rollout.js';
import type { UpgradePolicy } from '../../state/model/upgrade-policy.js';

/** A service, and what its repository has for it, as a pass saw them. */
export interface Seen {
  readonly service: string;
  /** Its incarnation: another service of that name is told of, and upgraded, anew. */
  readonly life?: string | undefined;
  /** The id of the formula that it is set to. */
  readonly formula: string;
  /** The verdict on what is newer; or why that is not known, which is never the same as that there is nothing. */
  readonly opinion: Opinion | { readonly why: string };
  /** What tells the contents of two offers apart, by their revisions. */
  readonly digests: ReadonlyMap<number, string>;
  readonly policy: UpgradePolicy;
  /** The policy as it is written: another text is another policy. */
  readonly policyText: string;
  /** Those that stand. */
  readonly holds: readonly Hold[];
  /** The service's last rollout. */
  readonly rollout:
    | (Pick<Rollout, 'to' | 'state' | 'stateSince' | 'failures'> & Partial<Pick<Rollout, 'by' | 'revert'>>)
    | undefined;
}

/** How the name begins by which a watcher asks for something, before its host. */
export const WATCHER = 'ensemble-watcher@';

/** The formula to which a watcher began the service's last rollout; undefined where somebody else did. */
export function begunByWatcher({ rollout }: Pick<Seen, 'rollout'>): string | undefined {
  return rollout?.by?.startsWith(WATCHER) === true ? rollout.to : undefined;
}

/** True if the watcher may act on the service by itself, so that holds matter. */
export function actsByItself({ policy: { mode } }: Pick<Seen, 'policy'>): boolean {
  return mode === 'auto';
}

/**
 * What tells one finding about a service from another: its life and formula, the best of what is newer with its content, the policy,
 * and where the watcher acts by itself, the holds. The same whoever computes it, whenever and in whatever order.
 * @returns undefined where it is not known what is newer
 */
export function fingerprintOf(seen: Seen): string | undefined {
  const { opinion, digests, service, life, formula, policyText, holds } = seen;
  if ('why' in opinion) return undefined;
  const best = (revision: number | null): readonly unknown[] | null =>
    revision === null ? null : [revision, digests.get(revision) ?? null];
  const said = {
    service,
    life,
    formula,
    eligible: best(opinion.eligible),
    questionable: best(opinion.questionable),
    urgent: best(opinion.urgent),
    policy: policyText,
    ...(actsByItself(seen) && { holds: holds.map(holdKey).sort() }),
  };
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 32);
}

function holdKey({ holder, unit = '', level }: Hold): string {
  return `${holder} ${unit} ${level}`;
}
