import {
  type RolloutParameters,
  type RolloutRules,
  type RolloutWord,
  rolloutWords,
  rulesOf,
} from '../../state/formula/rollout-parameters.js';
import type { Rollout } from '../../state/model/rollout.js';
import { RolloutUnderWay } from '../errors.js';
import { nextWave, wholeWave } from './choose.js';
import { refuseAskedTogether, refuseContradictions } from './contradictions.js';
import type { Judged } from './judge.js';

/** What may be said anew of a rollout that is under way. */
const CHANGEABLE: ReadonlySet<RolloutWord> = new Set([
  'pause-after',
  'max-parallel',
  'min-healthy',
  'health-deadline',
  'progress-deadline',
]);

/** The words among parameters that a rollout which is under way can take. */
export function changeableWords(parameters: RolloutParameters): readonly RolloutWord[] {
  return rolloutWords.filter((word) => parameters[word] !== undefined && CHANGEABLE.has(word));
}

/**
 * A rollout after somebody asked for it again, with other words. A pause that is asked for comes after the units that are
 * being taken on; one that stands is ended by `resume`.
 * @param units as they are judged by it
 * @returns the same one where nothing is another
 * @throws RolloutUnderWay where a word is another that only a new rollout takes, RolloutContradiction
 */
export function changedRollout(
  service: string,
  rollout: Rollout,
  asked: RolloutParameters,
  units: readonly Judged[],
): Rollout {
  const { parameters } = rollout;
  refuseAskedTogether(service, asked, { command: 'upgrade-formula', to: rollout.to });
  const words = rolloutWords.filter((word) => asked[word] !== undefined && asked[word] !== parameters[word]);
  const [first] = words;
  if (first === undefined) return rollout;
  for (const word of words) {
    const has = parameters[word] ?? '';
    const isChangeable =
      CHANGEABLE.has(word) || (word === 'allow-missing' && parameters.strategy === 'lockstep');
    if (!isChangeable)
      throw new RolloutUnderWay({ service, to: rollout.to, word, has: has === '' ? 'as by default' : has });
  }
  const next = { ...parameters, ...asked };
  refuseContradictions(service, next, { command: 'upgrade-formula', to: rollout.to });
  const { allowed: _allowed, ...rest } = rollout;
  if (!words.includes('pause-after')) return { ...rollout, parameters: next };
  const limit = allowedWith(rulesOf(next), units);
  return { ...rest, parameters: next, ...(limit !== undefined && { allowed: limit }) };
}

/** How many units it may have taken on until it pauses: those that it has, and a wave where it has none yet. */
function allowedWith(rules: RolloutRules, units: readonly Judged[]): number | undefined {
  if (rules.pauseAfter === 'none') return undefined;
  const wave = wholeWave(rules, units);
  const taken = nextWave(rules, units) - wave;
  return taken > 0 ? taken : wave;
}
