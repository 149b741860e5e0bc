import { goalOf, type Rollout } from '../../state/model/rollout.js';

/** The command that asks something of a service's rollout. */
export function commandOf(verb: string, service: string): string {
  return `ensemble rollout ${verb} ${service}`;
}

/** How many units a clone has, and how many it lacks of as many as its source has. */
export interface CloneLack {
  readonly has: number;
  readonly lack: number;
}

/** The command that gives a clone the units that it lacks. */
export function lackCommand(clone: string, { lack }: CloneLack): string {
  return `ensemble add-unit -n ${lack} ${clone}`;
}

/** What is known of the units of a rollout that waits for a word, besides the rollout itself. */
export interface Outlook {
  /** With strategy `clone`: how many units the clone has too few to be promoted. */
  readonly lacks?: CloneLack | undefined;
  /** None of the units is left that were tried before the others. */
  readonly isCanaryLost: boolean;
}

/** What somebody types to have a rollout go on; null where it goes on by itself, or is over. */
export function nextCommand(
  service: string,
  { state, gate, clone, promoted }: Pick<Rollout, 'state' | 'gate' | 'clone' | 'promoted'>,
  { lacks, isCanaryLost }: Outlook,
): string | null {
  if (state === 'aborted' && clone !== undefined && promoted === true) return finishCommand(service);
  if (state === 'failed') return commandOf('retry', service);
  if (state !== 'paused') return null;
  if (clone !== undefined && gate === 'clone' && lacks !== undefined)
    return lackCommand(clone.service, lacks);
  // Another canary is tried then.
  const isTried = gate === 'clone' || (gate === 'canary' && !isCanaryLost);
  return commandOf(isTried ? 'promote' : 'resume', service);
}

/**
 * True if a rollout has a way back that it is not on yet. One that leads to the formula of the last completed rollout has none,
 * and neither has one by a clone: no unit of the service runs anything else.
 */
export function canGoBack({
  to,
  revertTo,
  revert,
  clone,
}: Pick<Rollout, 'to' | 'revertTo' | 'revert' | 'clone'>): boolean {
  return clone === undefined && revert !== true && revertTo !== to;
}

/** What else somebody may type to a rollout that waits for a word, as commands: the way back, and the end. */
export function otherCommands(
  service: string,
  rollout: Pick<Rollout, 'state' | 'to' | 'revertTo' | 'revert' | 'clone'>,
): readonly string[] {
  if (rollout.state !== 'failed' && rollout.state !== 'paused') return [];
  const back = canGoBack(rollout) ? [commandOf('revert', service)] : [];
  return [...back, commandOf('abort', service)];
}

/** What is left to be done where the promotion of a clone was aborted: the service stays beside it, maybe unrelated. */
export function finishCommand(service: string): string {
  return `ensemble destroy-service ${service}`;
}

/** A unit as far as its way to a formula matters. */
interface Headed {
  readonly formula: string | null;
  readonly flag?: { readonly to: string } | undefined;
}

/** True if none of the units is left that were tried before the others. @param units that stay */
export function hasLostCanary(rollout: Rollout, units: readonly Headed[]): boolean {
  const goal = goalOf(rollout);
  const installed = units.filter(({ formula }) => formula !== null);
  return (
    installed.length > 0 && !installed.some(({ formula, flag }) => formula === goal || flag?.to === goal)
  );
}
