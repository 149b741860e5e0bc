import { upgradeCommand } from '../../state/formula/upgrade-command.js';
import { failureText, mayTryAgainAt } from '../../state/model/failed-formulas.js';
import { type Hold, holdText, longestHold } from '../../state/model/hold.js';
import { isOpen, type Rollout } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';
import { unholdCommand } from '../hold/errors.js';
import { commandOf } from '../status/next-of-rollout.js';
import type { Blocker } from './blockers.js';

/** What is known of a service by which it is decided whether something may be tried on it without anybody asking. */
export interface AutomaticFacts {
  readonly service: Pick<Service, 'bad' | 'destroying'>;
  readonly rollout: Pick<Rollout, 'to' | 'state' | 'stateSince' | 'failures' | 'revert'> | undefined;
  /** Those that stand, of both levels. */
  readonly holds: readonly Hold[];
}

/**
 * Why a formula may not be tried on a service now by whoever upgrades automatically; empty: it may. `back-off`: it failed, and is
 * tried again later. `bad`: the service went back from it. `held`: by whom. `rollout`: one is under way, or one
 * to that formula failed, or a way back did, which needs a word. A newer formula takes the place of any other that
 * failed. An explicit request goes by none of these but holds.
 * @param formula id
 * @param now milliseconds since the epoch
 */
export function automaticBlockers(
  name: string,
  { service, rollout, holds }: AutomaticFacts,
  formula: string,
  now: number,
): readonly Blocker[] {
  const at = new Date(now).toISOString();
  const blocker = (kind: string, more: Partial<Blocker> & Pick<Blocker, 'reason' | 'ends'>): Blocker => ({
    kind,
    who: name,
    since: at,
    until: null,
    ...more,
  });
  const held = longestHold(holds);
  const failure = rollout?.failures?.[formula];
  const until = failure === undefined ? undefined : mayTryAgainAt(failure);
  const isUnderWay = rollout !== undefined && isOpen(rollout) && !givesWay(rollout, formula);
  return [
    ...(service.destroying === true
      ? [blocker('other', { reason: 'the service is on its way out', ends: 'nothing' })]
      : []),
    ...(service.bad?.includes(formula)
      ? [
          blocker('bad', {
            reason: `it went back from ${formula}${failure === undefined ? '' : `: ${failure.reason}`}`,
            since: failure?.at ?? at,
            ends: upgradeCommand(formula, name, '--force'),
          }),
        ]
      : []),
    ...(failure !== undefined && until !== undefined && until > now
      ? [
          blocker('back-off', {
            reason: failureText(formula, failure),
            since: failure.at,
            until: new Date(until).toISOString(),
            ends: upgradeCommand(formula, name),
          }),
        ]
      : []),
    ...(held === undefined
      ? []
      : [
          blocker('held', {
            who: held.unit ?? name,
            reason: holdText(held),
            since: held.since,
            until: held.until ?? null,
            ends: unholdCommand(name, holds),
          }),
        ]),
    ...(isUnderWay
      ? [
          blocker('other', {
            reason: `a rollout to ${rollout.to} is ${rollout.state}`,
            since: rollout.stateSince,
            ends: commandOf('status', name),
          }),
        ]
      : []),
  ];
}

/** A rollout that failed on its way to another formula is superseded, as by whoever asks for it. */
function givesWay({ to, state, revert }: NonNullable<AutomaticFacts['rollout']>, formula: string): boolean {
  return state === 'failed' && to !== formula && revert !== true;
}
