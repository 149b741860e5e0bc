import { RolloutContradiction, RolloutImpossible } from '../../control/rollout/errors.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { shellWord } from '../../state/platform/shell-word.js';
import { parametersOf, type RolloutOptions } from '../arguments/rollout-words.js';

interface Asked extends RolloutOptions {
  readonly repository?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly revertOnError?: boolean;
}

/** Advice that asks the same in other words, and not what mends something first: that is to be done in earnest. */
const SAME = /^ensemble\supgrade-formula(?![\w-])(?<words>.*?)(?=$|, or )/;

/**
 * Has the command that an error of `upgrade-formula` advises keep what was asked. Whoever types it as it is printed gets
 * no more than that: a dry run stays one. Where words contradict each other, the others stay as they were.
 * @param error is changed, and returned
 */
export function keepAsked(error: unknown, asked: Asked): unknown {
  if (!(error instanceof EnsembleError) || error.next === undefined) return error;
  const isOfWords = error instanceof RolloutContradiction || error instanceof RolloutImpossible;
  const kept = [...(asked.dryRun === true ? ['--dry-run'] : []), ...(isOfWords ? wordsOf(asked) : [])];
  const next = error.next.replace(SAME, (command, words: string) => {
    const missing = kept.filter((word) => !words.includes(` ${word.split(' ', 1)[0] ?? ''}`));
    return [command.slice(0, command.length - words.length), ...missing].join(' ') + words;
  });
  return Object.assign(error, { next });
}

function wordsOf(asked: Asked): readonly string[] {
  const { repository, force, revertOnError } = asked;
  const rollout = Object.entries(parametersOf(asked)).map(([word, value]) =>
    word === 'allow-missing' ? `--${word}` : `--${word} ${shellWord(value)}`,
  );
  return [
    ...(repository === undefined ? [] : [`--repository ${shellWord(repository)}`]),
    ...rollout,
    ...(force === true ? ['--force'] : []),
    ...(revertOnError === true ? ['--revert-on-error'] : []),
  ];
}
