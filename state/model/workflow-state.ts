/** Where a unit is in its workflow. `pending`: no agent has taken it up yet. */
export const workflowStates = [
  'pending',
  'installing',
  'install-error',
  'starting',
  'start-error',
  'started',
  'configuring',
  'config-error',
  'upgrading',
  'upgrade-error',
  'stopping',
  'stop-error',
  'stopped',
  'removed',
] as const;

export type WorkflowState = (typeof workflowStates)[number];

/**
 * The states in which a unit runs nothing until an operator says `resolved`. One that this release does not know is
 * none of them: nothing is done about it.
 */
export function isErrorState(state: string): boolean {
  return errorStates.has(state);
}

const errorStates: ReadonlySet<string> = new Set(workflowStates.filter((state) => state.endsWith('-error')));

/** The steps of an upgrade, in order; docs/architecture.md, “The upgrade”, says what each does. */
export const upgradeSteps = [
  'fetching',
  'staging',
  'waiting',
  'pausing',
  'swapping',
  'hook',
  'committing',
  'resuming',
] as const;

export type UpgradeStep = (typeof upgradeSteps)[number];

/** Where a unit is in one relation. `down`: paused, events queue; `error`: a hook of it failed. */
const relationStates = ['up', 'down', 'error', 'departed'] as const;

export type RelationState = (typeof relationStates)[number];
