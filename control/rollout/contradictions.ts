import type { RolloutParameters, RolloutWord } from '../../state/formula/rollout-parameters.js';
import { type Asking, askedWith, RolloutContradiction } from './errors.js';

/** Of the words that a strategy leaves no choice in, the value that says the same, and the rule. */
type Said = Partial<Readonly<Record<RolloutWord, readonly [same: string, rule: string]>>>;

const LOCKSTEP: Said = {
  canary: ['0', 'lockstep takes all units together, so none can go first'],
  'pause-after': ['none', 'lockstep takes all units together, so there are no waves to pause after'],
  'max-parallel': ['100%', 'lockstep takes all units together'],
  'max-failed': ['0', 'in lockstep no unit may fail: all go back'],
  'on-failure': ['revert', 'in lockstep all units go back when one fails'],
};

const CLONE: Said = {
  canary: ['0', 'the clone as a whole is tried first'],
  'pause-after': ['none', 'it pauses once, when the clone is healthy'],
  'max-parallel': ['100%', 'all units of a clone are made together, beside the others'],
};

/** Refused only where one command says both: of what is set elsewhere, a strategy leaves out what it has no room for. */
const ALL: Said = { 'max-parallel': ['100%', 'strategy all takes on all units at once'] };

const SAID_BY: Readonly<Record<string, Said>> = { lockstep: LOCKSTEP, clone: CLONE };

/**
 * Refuses parameters that contradict each other, of whichever places they come.
 * @param asking the command that asks for them
 * @throws RolloutContradiction, which names the command that works
 */
export function refuseContradictions(service: string, parameters: RolloutParameters, asking: Asking): void {
  const { strategy = 'rolling' } = parameters;
  const entries = Object.entries(parameters) as [RolloutWord, string][];
  const isSet = asking.command === 'set-rollout';
  const contraryTo = (said: Said): typeof entries =>
    entries.filter(([word, value]) => (said[word]?.[0] ?? value) !== value);
  const fixesOf = (said: Said): readonly string[] =>
    contraryTo(said).map(([word]) => (isSet ? `${word}=` : `--${word} ${said[word]?.[0] ?? ''}`));
  if (strategy !== 'lockstep' && parameters['allow-missing'] === 'yes' && !isSet)
    throw new RolloutContradiction({
      service,
      strategy,
      contrary: 'allow-missing yes',
      rule: 'only lockstep waits for units whose agent is away',
      instead: askedWith(service, asking, '--strategy lockstep', '--allow-missing', ...fixesOf(LOCKSTEP)),
    });
  const said = SAID_BY[strategy] ?? {};
  const [first] = contraryTo(said);
  if (first === undefined) return;
  const rule = said[first[0]]?.[1] ?? '';
  throw new RolloutContradiction({
    service,
    strategy,
    contrary: first.join(' '),
    rule,
    instead: askedWith(
      service,
      asking,
      isSet ? `strategy=${strategy}` : `--strategy ${strategy}`,
      ...fixesOf(said),
    ),
  });
}

/**
 * Refuses what one command line contradicts itself by, whatever is set elsewhere.
 * @param asked the parameters of the command line alone
 * @throws RolloutContradiction, which names the command that works
 */
export function refuseAskedTogether(service: string, asked: RolloutParameters, asking: Asking): void {
  if (asked.strategy !== 'all') return;
  for (const [word, [same, rule]] of Object.entries(ALL) as [RolloutWord, readonly [string, string]][]) {
    const value = asked[word];
    if (value === undefined || value === same) continue;
    const isSet = asking.command === 'set-rollout';
    const words = isSet
      ? ['strategy=rolling', `${word}=${value}`]
      : ['--strategy rolling', `--${word} ${value}`];
    throw new RolloutContradiction({
      service,
      strategy: 'all',
      contrary: `${word} ${value}`,
      rule,
      instead: askedWith(service, asking, ...words),
    });
  }
}
