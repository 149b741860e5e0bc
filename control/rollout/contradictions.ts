import type { RolloutParameters, RolloutWord } from '../../state/formula/rollout-parameters.js';
import { RolloutContradiction } from './errors.js';

/** Of the words that lockstep leaves no choice in, the value that says the same, and the rule. */
const SAID_BY_LOCKSTEP: Partial<Readonly<Record<RolloutWord, readonly [same: string, rule: string]>>> = {
  canary: ['0', 'lockstep takes all units together, so none can go first'],
  'pause-after': ['none', 'lockstep takes all units together, so there are no waves to pause after'],
  'max-parallel': ['100%', 'lockstep takes all units together'],
  'max-failed': ['0', 'in lockstep no unit may fail: all go back'],
  'on-failure': ['revert', 'in lockstep all units go back when one fails'],
};

/**
 * Refuses parameters that contradict each other, of whichever places they come.
 * @param command that asks for them, such as `upgrade-formula`
 * @throws RolloutContradiction, which names the command that works
 */
export function refuseContradictions(
  service: string,
  parameters: RolloutParameters,
  command: 'upgrade-formula' | 'set-rollout',
): void {
  const { strategy } = parameters;
  const entries = Object.entries(parameters) as [RolloutWord, string][];
  if (strategy !== 'lockstep') {
    if (parameters['allow-missing'] !== 'yes' || command === 'set-rollout') return;
    throw new RolloutContradiction({
      service,
      strategy: strategy ?? 'rolling',
      contrary: 'allow-missing yes',
      rule: 'only lockstep waits for units whose agent is away',
      instead: `ensemble upgrade-formula --strategy lockstep --allow-missing ${service}`,
    });
  }
  const contrary = entries.filter(([word, value]) => (SAID_BY_LOCKSTEP[word]?.[0] ?? value) !== value);
  const [first] = contrary;
  if (first === undefined) return;
  const rule = SAID_BY_LOCKSTEP[first[0]]?.[1] ?? '';
  const same = contrary.map(([word]) =>
    command === 'set-rollout' ? `${word}=` : `--${word} ${SAID_BY_LOCKSTEP[word]?.[0] ?? ''}`,
  );
  const fixes = same.join(' ');
  throw new RolloutContradiction({
    service,
    strategy: 'lockstep',
    contrary: first.join(' '),
    rule,
    instead:
      command === 'set-rollout'
        ? `ensemble set-rollout ${service} strategy=lockstep ${fixes}`
        : `ensemble upgrade-formula --strategy lockstep ${fixes} ${service}`,
  });
}
