import { setRollout } from '../../control/rollout/set-rollout.js';
import {
  isRolloutWord,
  parameterFault,
  type RolloutParameters,
  rolloutWords,
} from '../../state/formula/rollout-parameters.js';
import { systemClock } from '../../state/platform/clock.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

/** Sets how the rollouts of a service go, where nobody says otherwise when one begins. */
export async function setRolloutOf(
  service: string,
  pairs: readonly string[],
  invocation: Invocation,
): Promise<ExitCode> {
  const values = parametersIn(pairs, invocation);
  return withSession<ExitCode>(invocation, async ({ coordinator }) => {
    const set = await setRollout(coordinator, service, values, requester(systemClock.now()));
    const said = Object.entries(set).map(([word, text]) => `${word}=${text}`);
    invocation.output.notice(
      said.length === 0
        ? `rollouts of ${service} go as its formula says, or by default`
        : `rollouts of ${service} go by ${said.join(' ')}, from the next one on`,
    );
    return 0;
  });
}

function parametersIn(pairs: readonly string[], invocation: Invocation): RolloutParameters {
  const values: Record<string, string> = {};
  if (pairs.length === 0) throw invocation.misuse('say what to set, such as max-parallel=2');
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const word = at < 0 ? pair : pair.slice(0, at);
    if (!isRolloutWord(word))
      throw invocation.misuse(`${word} is no word of a rollout; there are ${rolloutWords.join(', ')}`);
    if (at < 0) throw invocation.misuse(`write ${word}=VALUE, or ${word}= to take its value away`);
    const text = pair.slice(at + 1);
    const fault = text === '' ? undefined : parameterFault(word, text);
    if (fault !== undefined) throw invocation.misuse(`${word} ${fault}`);
    values[word] = text;
  }
  return values;
}
