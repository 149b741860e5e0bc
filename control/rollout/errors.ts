import { defineError } from '../../state/platform/errors.js';
import { commandOf } from './blockers.js';

/** Something is asked of a rollout, and the service has none. */
export class NoRollout extends defineError<{ service: string }>(
  'no-rollout',
  ({ service }) => `service ${service} has no rollout`,
  ({ service }) => `ensemble upgrade-formula ${service}`,
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

/** A rollout could not go by what it is to go by. */
export class RolloutImpossible extends defineError<{ service: string; why: string; isClone?: boolean }>(
  'rollout-impossible',
  ({ service, why }) => `no rollout of ${service} can go like that: ${why}`,
  ({ service, isClone }) =>
    isClone === true
      ? `ensemble upgrade-formula --strategy rolling ${service}`
      : `ensemble upgrade-formula --canary 1 ${service}`,
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

/** Another rollout to the same formula is under way, and goes by other parameters. */
export class RolloutUnderWay extends defineError<{
  service: string;
  to: string;
  word: string;
  has: string;
  /** What is asked is asked of the clone by which it goes. */
  clone?: string;
}>(
  'rollout-under-way',
  ({ service, to, word, has, clone }) =>
    clone === undefined
      ? `a rollout of ${service} to ${to} is under way already, with ${word} ${has}`
      : `${clone} is the clone by which a rollout of ${service} to ${to} is under way, and is tried as it is`,
  ({ service, clone }) =>
    `${commandOf(clone === undefined ? 'watch' : 'promote', service)}, or ${commandOf('abort', service)} first`,
) {}
