import {
  parameterFault,
  type RolloutParameters,
  type RolloutWord,
  rolloutWords,
  whatItTakes,
} from '../../state/formula/rollout-parameters.js';
import { ValueRefused } from './values.js';

/** The rollout's words as options of a command line, by their names in camel case. */
export type RolloutOptions = Partial<Readonly<Record<RolloutOption, string>>> & {
  readonly allowMissing?: boolean;
};

type RolloutOption =
  | 'strategy'
  | 'maxParallel'
  | 'canary'
  | 'pauseAfter'
  | 'minHealthy'
  | 'healthDeadline'
  | 'progressDeadline'
  | 'maxFailed'
  | 'onFailure';

/** Reads a word's value on the command line, and refuses what it does not take. */
export function readerOf(word: RolloutWord): (text: string) => string {
  return (text) => {
    if (parameterFault(word, text) !== undefined) throw new ValueRefused(`It takes ${whatItTakes(word)}.`);
    return text;
  };
}

/** What was said on the command line, in the rollout's words. */
export function parametersOf(options: RolloutOptions): RolloutParameters {
  const byName = options as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    rolloutWords.flatMap((word) => {
      const value = byName[word.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
      if (value === true) return [[word, 'yes'] as const];
      return typeof value === 'string' ? [[word, value] as const] : [];
    }),
  );
}
