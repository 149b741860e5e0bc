import { pauseWatching, resumeWatching } from '../../control/watching/pause.js';
import { systemClock } from '../../state/platform/clock.js';
import { printable } from '../../state/platform/printable.js';
import type { WatcherRequest } from './request.js';
import type { ExitCode } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';

/** Has the watcher look at nothing in this environment. Twice is a success. */
export async function pauseWatcher({ session, options, invocation }: WatcherRequest): Promise<ExitCode> {
  const { by } = await pauseWatching(session.coordinator, options.reason, requester(systemClock.now()));
  invocation.output.notice(`the watcher is paused here, by ${printable(by)}, until: ensemble watcher resume`);
  return 0;
}

/** Has it look again. */
export async function resumeWatcher({ session, invocation }: WatcherRequest): Promise<ExitCode> {
  const was = await resumeWatching(session.coordinator, requester(systemClock.now()));
  invocation.output.notice(was ? 'the watcher goes on' : 'the watcher was not paused');
  return 0;
}
