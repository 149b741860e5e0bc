import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import type { Rollout } from '../../../state/model/rollout.js';

export const [one, two, three] = ['principia:web-1', 'principia:web-2', 'principia:web-3'] as const;

/** The moment of the tests, in milliseconds since the epoch. */
export const now = Date.UTC(2026, 0, 1, 12);

/** Seconds before that moment, as an instant. */
export const ago = (seconds: number): string => new Date(now - seconds * 1_000).toISOString();

/** A rollout from the first formula to the second that runs since a minute. */
export const begun: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: one,
  to: two,
  revertTo: one,
  by: 'ann@host',
  requestedAt: ago(60),
  parameters: {},
  state: 'running',
  stateSince: ago(60),
  countedFrom: ago(60),
};

/** A unit that runs the first formula since an hour, with what is different. */
export function unitWith(change: Partial<RolloutUnit> = {}, index = 0): RolloutUnit {
  return {
    name: `web/${index}`,
    formula: one,
    agentUp: true,
    machine: 'm1',
    state: 'started',
    since: ago(3_600),
    message: '',
    bad: [],
    relationsInError: [],
    leaving: false,
    ...change,
  };
}

/** A flag of the rollout, set half a minute ago. */
export const flag = { to: two, requestedAt: ago(30), rollout: 'r1' } as const;

/** An upgrade that is at its hook since twenty seconds. */
export const upgrade = { step: 'hook', to: two, since: ago(20), blockers: [] } as const;
