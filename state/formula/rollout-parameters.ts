import * as z from '../platform/zod.js';

/** The strategies that this release has; a later one may name others. */
export const rolloutStrategies = ['all', 'rolling', 'lockstep', 'clone'] as const;
type RolloutStrategy = (typeof rolloutStrategies)[number];

/**
 * The words of a rollout, the same on the command line, in `metadata.yaml` (`rollout:`) and on the service
 * (`set-rollout`), each with what it takes. What a page for operators says of each is in docs/operators.md.
 */
export const rolloutWords = [
  'strategy',
  'max-parallel',
  'canary',
  'pause-after',
  'min-healthy',
  'health-deadline',
  'progress-deadline',
  'max-failed',
  'on-failure',
  'allow-missing',
] as const;
export type RolloutWord = (typeof rolloutWords)[number];

/** Values as they are written, e.g. `{'max-parallel': '25%'}`; a word that is not there has its default. */
export type RolloutParameters = Partial<Readonly<Record<RolloutWord, string>>>;

/** A number of units, or a share of a service's units in percent. */
interface Share {
  readonly number: number;
  readonly percent: boolean;
}

/** The parameters as `decide` goes by them; times in milliseconds. */
export interface RolloutRules {
  readonly strategy: RolloutStrategy;
  readonly maxParallel: Share;
  /** How many units, or which; none: 0. */
  readonly canary: number | readonly string[];
  readonly pauseAfter: 'none' | 'first' | 'all';
  /** Undefined: as the formula has a `health-check` hook or not. */
  readonly minHealthy: number | undefined;
  readonly healthDeadline: number;
  readonly progressDeadline: number;
  readonly maxFailed: Share;
  readonly onFailure: 'pause' | 'revert';
  /** In lockstep: goes on without units whose agent is away. */
  readonly allowMissing: boolean;
}

export const defaultRules: RolloutRules = {
  strategy: 'rolling',
  maxParallel: { number: 25, percent: true },
  canary: 0,
  pauseAfter: 'none',
  minHealthy: undefined,
  healthDeadline: 300_000,
  progressDeadline: 600_000,
  maxFailed: { number: 0, percent: false },
  onFailure: 'pause',
  allowMissing: false,
};

const TIMES: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT = /^[a-z][a-z0-9-]*\/\d+$/;

/** Milliseconds of `30s`, `5m`, `1.5h`, `0s`. */
function time(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  const ms = match === null ? Number.NaN : Number(match[1]) * (TIMES[match[2] ?? 's'] ?? 1);
  return Number.isFinite(ms) ? ms : undefined;
}

function share(text: string): Share | undefined {
  const match = /^(\d{1,6})(%?)$/.exec(text);
  if (match === null) return undefined;
  const [number, percent] = [Number(match[1]), match[2] === '%'];
  return percent && number > 100 ? undefined : { number, percent };
}

function oneOf<Word extends string>(...words: readonly Word[]): (text: string) => Word | undefined {
  return (text) => words.find((word) => word === text);
}

/** How each word's value is read, undefined if it is none; and its form, in words. */
const readers = {
  strategy: { read: oneOf(...rolloutStrategies), takes: 'all, rolling, lockstep or clone' },
  'max-parallel': {
    read: (text: string) => (share(text)?.number === 0 ? undefined : share(text)),
    takes: 'a number of units from 1 on, or a share such as 25%',
  },
  canary: {
    read: (text: string) => {
      if (/^\d{1,6}$/.test(text)) return Number(text);
      const names = text.split(',');
      return names.every((name) => UNIT.test(name)) ? [...new Set(names)] : undefined;
    },
    takes: 'a number of units, or units between commas such as web/0,web/1',
  },
  'pause-after': { read: oneOf('none', 'first', 'all'), takes: 'none, first or all' },
  'min-healthy': { read: time, takes: 'a time such as 30s, 5m or 0s' },
  'health-deadline': { read: positiveTime, takes: 'a time such as 5m' },
  'progress-deadline': { read: positiveTime, takes: 'a time such as 10m' },
  'max-failed': { read: share, takes: 'a number of units, or a share such as 10%' },
  'on-failure': { read: oneOf('pause', 'revert'), takes: 'pause or revert' },
  'allow-missing': { read: oneOf('yes', 'no'), takes: 'yes or no' },
} as const satisfies Record<RolloutWord, { read: (text: string) => unknown; takes: string }>;

function positiveTime(text: string): number | undefined {
  const ms = time(text);
  return ms === 0 ? undefined : ms;
}

/** The fault of a value for a word, ending the sentence `max-parallel …`; undefined if there is none. */
export function parameterFault(word: RolloutWord, text: string): string | undefined {
  return readers[word].read(text) === undefined ? `takes ${readers[word].takes}` : undefined;
}

/** The form of a word's value, in words. */
export function whatItTakes(word: RolloutWord): string {
  return readers[word].takes;
}

/** True if a text is a rollout's word. */
export function isRolloutWord(text: string): text is RolloutWord {
  return rolloutWords.some((word) => word === text);
}

/**
 * The rules that parameters come to. A value that this release cannot read, as of a later one, counts as its default:
 * what it is stays in the tree and is shown.
 */
export function rulesOf(parameters: RolloutParameters): RolloutRules {
  const read = <Word extends RolloutWord>(
    word: Word,
  ): ReturnType<(typeof readers)[Word]['read']> | undefined => {
    const text = parameters[word];
    return text === undefined
      ? undefined
      : (readers[word].read(text) as ReturnType<(typeof readers)[Word]['read']>);
  };
  const strategy = read('strategy') ?? defaultRules.strategy;
  const isClone = strategy === 'clone';
  const together = strategy === 'lockstep' || isClone;
  return {
    strategy,
    maxParallel: together
      ? { number: 100, percent: true }
      : (read('max-parallel') ?? defaultRules.maxParallel),
    canary: together ? 0 : (read('canary') ?? defaultRules.canary),
    pauseAfter: together ? 'none' : (read('pause-after') ?? defaultRules.pauseAfter),
    minHealthy: read('min-healthy') ?? defaultRules.minHealthy,
    healthDeadline: read('health-deadline') ?? defaultRules.healthDeadline,
    progressDeadline: read('progress-deadline') ?? defaultRules.progressDeadline,
    maxFailed: together && !isClone ? defaultRules.maxFailed : (read('max-failed') ?? defaultRules.maxFailed),
    onFailure: together && !isClone ? 'revert' : (read('on-failure') ?? defaultRules.onFailure),
    allowMissing: read('allow-missing') === 'yes',
  };
}

/** How many of `units` a share is: of a percentage the whole units, and at least `least`. */
export function shareOf({ number, percent }: Share, units: number, least = 0): number {
  return Math.max(least, percent ? Math.floor((number * units) / 100) : number);
}

/** Parameters of several places, of which the later wins, and of which `''` takes a word's value away. */
export function mergedParameters(...places: readonly (RolloutParameters | undefined)[]): RolloutParameters {
  const merged = Object.assign({}, ...places) as Record<string, string>;
  return Object.fromEntries(Object.entries(merged).filter(([, text]) => text !== ''));
}

/** Parameters as nodes hold them: whatever a later release writes there is kept. */
export const parametersSchema = z.record(z.string(), z.string());
