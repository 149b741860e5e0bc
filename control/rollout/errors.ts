import { defineError } from '../../state/platform/errors.js';
import { upgradeCommand } from '../../state/formula/upgrade-command.js';
import { commandOf } from '../status/next-of-rollout.js';

/** Something is asked of a rollout, and the service has none. */
export class NoRollout extends defineError<{
  service: string;
  /** It is gone, and its clone is in its place. `at`: an ISO instant. */
  replaced?: { readonly by: string; readonly to: string; readonly at: string };
  /** It came as a clone, by a rollout of the other service that is under way (`isTried`) or over. */
  cloneOf?: { readonly service: string; readonly isTried: boolean };
}>(
  'no-rollout',
  ({ service, replaced, cloneOf }) => {
    if (replaced !== undefined)
      return `service ${service} is gone: its rollout to ${replaced.to} was done at ${replaced.at}, and ${replaced.by} is in its place`;
    return cloneOf === undefined
      ? `service ${service} has no rollout`
      : `service ${service} has no rollout of its own: it came as the clone by which ${cloneOf.service} was upgraded`;
  },
  ({ service, replaced, cloneOf }) => {
    if (replaced !== undefined) return `ensemble status ${replaced.by}`;
    if (cloneOf === undefined) return `ensemble status ${service}`;
    return cloneOf.isTried ? commandOf('status', cloneOf.service) : commandOf('history', service);
  },
) {}

/** A rollout is in no state for what is asked of it. */
export class RolloutRefuses extends defineError<{
  service: string;
  verb: string;
  why: string;
  instead: string;
  /** The whole command that helps, where it is no word to the rollout. */
  command?: string | undefined;
}>(
  'rollout-refuses',
  ({ service, verb, why }) => `the rollout of ${service} cannot ${verb}: ${why}`,
  ({ service, instead, command }) => command ?? commandOf(instead, service),
) {}

/** The command that says how a rollout is to go; of `upgrade-formula` with the formula, by its id, that it leads to. */
export type Asking =
  | { readonly command: 'set-rollout' | 'revert-formula' }
  | { readonly command: 'upgrade-formula'; readonly to: string };

/** The same command with other words. */
export function askedWith(service: string, asking: Asking, ...words: readonly string[]): string {
  if (asking.command === 'upgrade-formula') return upgradeCommand(asking.to, service, ...words);
  return asking.command === 'set-rollout'
    ? `ensemble set-rollout ${[service, ...words].join(' ')}`
    : `ensemble revert-formula ${[...words, service].join(' ')}`;
}

/** A rollout could not go by what it is to go by. `instead` is the command that could. */
export class RolloutImpossible extends defineError<{ service: string; why: string; instead: string }>(
  'rollout-impossible',
  ({ service, why }) => `no rollout of ${service} can go like that: ${why}`,
  ({ instead }) => instead,
) {}

/** What is asked of a rollout contradicts itself. */
export class RolloutContradiction extends defineError<{
  service: string;
  strategy: string;
  contrary: string;
  rule: string;
  instead: string;
}>(
  'rollout-contradiction',
  ({ service, strategy, contrary, rule }) =>
    `no rollout of ${service} can go by strategy ${strategy} and ${contrary}: ${rule}`,
  ({ instead }) => instead,
  { exitCode: 2 },
) {}
