import type { UnitStatus } from '../../state/model/unit-schemas.js';
import type { HookRetry } from '../journal/record.js';
import { shortened } from '../contract/shortened.js';

/** The facts for observers about a hook that waits for its next try. */
export function waitingFacts(retry: HookRetry): NonNullable<UnitStatus['waiting']> {
  const { hook, failure, since, until, attempt } = retry;
  return { hook, reason: shortened(failure), since, until, attempt };
}

/** The same in one sentence. */
export function waitingSentence({ failure, until }: HookRetry): string {
  return `${failure}; it runs again at ${until.replace(/\.\d+Z$/, 'Z')}`;
}
