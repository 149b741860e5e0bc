import { missingFormula, type Opened } from '../../control/newer/find-newer.js';
import { sentence } from '../contract/log.js';
import type { Fault } from '../contract/report.js';
import { faultOf } from '../core/fault.js';
import type { Polled } from '../polling/poll.js';
import type { ObservedService } from './observe.js';

/** How a repository answered, as one environment takes it. */
export interface Answer {
  /** `unjudged`: it answered, and nothing can be said by that of what is newer for services that came from there. */
  readonly outcome: Polled['outcome'] | 'unjudged';
  readonly ms: number;
  readonly validator?: string | undefined;
  /** Both of all but `ok`. */
  readonly error?: string;
  readonly fault?: Fault;
}

/**
 * What an environment makes of how a repository answered.
 * @param opened it, or why this environment does not believe it
 * @param services those that came from there
 */
export function answerOf(polled: Polled, opened: Opened, services: readonly ObservedService[]): Answer {
  const { ms } = polled;
  if (polled.outcome !== 'ok')
    return { outcome: polled.outcome, ms, error: polled.error, fault: 'infrastructure' };
  if ('why' in opened) return { outcome: 'unjudged', ms, error: opened.why, fault: 'infrastructure' };
  for (const { service } of services) {
    const missing = missingFormula(opened, service.formula);
    if (missing !== undefined)
      return { outcome: 'unjudged', ms, error: sentence(missing), fault: faultOf(missing) };
  }
  return { outcome: 'ok', ms, validator: opened.validator };
}
