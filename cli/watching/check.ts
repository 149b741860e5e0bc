import { checkNow } from '../../control/watching/check.js';
import { watcherDocument } from '../../control/watching/watcher-document.js';
import { printable } from '../../state/platform/printable.js';
import { systemClock } from '../../state/platform/clock.js';
import type { WatcherRequest } from './request.js';
import type { ExitCode } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';

/** Milliseconds that a look is waited for: as long as the watcher gives a repository, and some more. */
const PATIENCE = 140_000;
/** The same where nobody seems to look. */
const LITTLE_PATIENCE = 10_000;

/** Has the watcher ask repositories now, and waits until it did. */
export async function check({ session, subject, invocation }: WatcherRequest): Promise<ExitCode> {
  const { coordinator } = session;
  const { output } = invocation;
  const now = systemClock.now();
  const { state } = await watcherDocument(coordinator, now, []);
  if (state === 'paused' || state === 'never') {
    output.warn(
      state === 'never'
        ? 'nobody looks: no watcher ever ran here, see: ensemble watcher status'
        : `nobody looks: the watcher is ${state}, see: ensemble watcher status`,
    );
    return 1;
  }
  const patience = state === 'late' || state === 'ended' ? LITTLE_PATIENCE : PATIENCE;
  const { asked, unanswered, leftAlone } = await checkNow(coordinator, subject, requester(now), {
    clock: systemClock,
    patience,
  });
  if (asked === undefined) {
    output.warn('the watcher did not answer, see: ensemble watcher status');
    return 1;
  }
  for (const location of leftAlone)
    output.warn(
      `${printable(location)} is left alone, since its host said that it is asked too often: ensemble watcher repositories`,
    );
  for (const location of unanswered) output.warn(`${printable(location)} did not answer yet`);
  if (asked === 0 && leftAlone.length > 0) return 1;
  if (asked === 0) {
    output.warn(
      subject === undefined
        ? 'no service came from a repository that is to be asked'
        : `no service came from ${subject}, see: ensemble watcher repositories`,
    );
    return subject === undefined ? 0 : 1;
  }
  output.notice(
    `asked ${asked} ${asked === 1 ? 'repository' : 'repositories'}; how they answered: ensemble watcher repositories`,
  );
  return unanswered.length > 0 ? 1 : 0;
}
