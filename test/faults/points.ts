import type { StageName } from './stages.js';

/** The hooks of a formula pass the same points each. */
function hook(name: string): readonly string[] {
  return [`${name}.start`, `${name}.settings`, `${name}.forget`];
}

const PREPARED: readonly string[] = ['fetching.fetch', 'staging.extract'];

/** From the point of no return to the upgrade hook. */
const EXCHANGED: readonly string[] = [
  'swapping.journal',
  'swapping.link',
  'hook.journal',
  ...hook('upgrade-formula').slice(0, 2),
];

/** The same where new leases waited: their mark is gone before the new formula runs anything. */
const LIFTED: readonly string[] = EXCHANGED.flatMap((effect) =>
  effect === 'hook.journal' ? ['hook.lift', effect] : [effect],
);

/** From the end of the upgrade hook to that of `config-changed`, which every way through an upgrade passes. */
const UPGRADED: readonly string[] = [
  // The end of the hook and the step after it are one write.
  'committing.journal',
  `upgrade-formula.forget`,
  'committing.tree',
  'resuming.journal',
  'resuming.prune',
  'configuring.journal',
  ...hook('config-changed'),
];

/**
 * The effects (durable writes and outside effects) of each stage in the order in which an undisturbed run first comes
 * to them. Before and after each stands a fault point. A test holds this list against a recorded run.
 */
export const effects: Readonly<Record<StageName, readonly string[]>> = {
  install: [
    'installing.journal',
    'installing.fetch',
    'installing.extract',
    'installing.link',
    ...hook('install'),
    'starting.journal',
    ...hook('config-changed'),
    ...hook('start'),
    'started.journal',
  ],
  config: ['configuring.journal', ...hook('config-changed'), 'started.journal'],
  relation: [
    'started.journal',
    'relation.join',
    ...hook('db-relation-joined'),
    ...hook('db-relation-changed'),
  ],
  reboot: ['starting.journal', ...hook('start'), 'started.journal'],
  upgrade: [...PREPARED, ...EXCHANGED, ...UPGRADED, 'started.journal'],
  asked: [
    ...PREPARED,
    'started.journal',
    'upgrade-pending.start',
    'upgrade-pending.answer',
    'pausing.inhibit',
    ...LIFTED,
    ...UPGRADED,
  ],
  lockstep: [...PREPARED, 'started.journal', ...EXCHANGED, ...UPGRADED],
  'lockstep back': [
    ...PREPARED,
    'started.journal',
    ...EXCHANGED,
    'committing.journal',
    'upgrade-formula.forget',
    ...hook('revert-formula').slice(0, 2),
    ...UPGRADED.map((effect) => effect.replace('upgrade-formula', 'revert-formula')).slice(1),
  ],
  busy: [...PREPARED, 'started.journal', 'pausing.inhibit', ...LIFTED, ...UPGRADED],
  health: [
    ...PREPARED,
    ...EXCHANGED,
    ...UPGRADED,
    'started.journal',
    'health-check.start',
    'health-check.answer',
  ],
  revert: [
    'swapping.journal',
    'swapping.link',
    'hook.journal',
    `revert-formula.start`,
    `revert-formula.settings`,
    // The end of the hook and the step after it are one write.
    'committing.journal',
    `revert-formula.forget`,
    'committing.tree',
    'resuming.journal',
    'resuming.prune',
    'configuring.journal',
    ...hook('config-changed'),
    'started.journal',
  ],
  remove: [
    'relation.join',
    'stopping.journal',
    'relation.withdraw',
    ...hook('db-relation-departed'),
    ...hook('db-relation-broken'),
    'relation.leave',
    ...hook('stop'),
    'stopped.journal',
    'stopped.disk',
    'kept.move',
    'kept.record',
    'stopped.tree',
  ],
};

/** The fault points of a stage. */
export function pointsOf(stage: StageName): readonly string[] {
  return effects[stage].flatMap((effect) => [`${effect}.before`, `${effect}.after`]);
}
