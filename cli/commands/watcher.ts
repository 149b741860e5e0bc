import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { withSession } from '../invocation/session.js';
import type { WatcherOptions, WatcherRequest } from '../watching/request.js';

interface Action {
  /** Whether a subject may be named, and what that is. */
  readonly subject?: 'may' | 'must';
  run(request: WatcherRequest): Promise<ExitCode>;
}

/** All that can be asked about the watcher: a file for each thing. */
const actions: Readonly<Record<string, Action>> = {
  status: { run: async (request) => (await import('../watching/status.js')).showStatus(request) },
  repositories: {
    run: async (request) => (await import('../watching/repositories.js')).showRepositories(request),
  },
  candidates: { run: async (request) => (await import('../watching/candidates.js')).showCandidates(request) },
  reports: { run: async (request) => (await import('../watching/reports.js')).showReports(request) },
  report: {
    subject: 'must',
    run: async (request) => (await import('../watching/reports.js')).showReport(request),
  },
  deliveries: { run: async (request) => (await import('../watching/deliveries.js')).showDeliveries(request) },
  retry: {
    subject: 'may',
    run: async (request) => (await import('../watching/deliveries.js')).retry(request),
  },
  check: { subject: 'may', run: async (request) => (await import('../watching/check.js')).check(request) },
  pause: { run: async (request) => (await import('../watching/pause.js')).pauseWatcher(request) },
  resume: { run: async (request) => (await import('../watching/pause.js')).resumeWatcher(request) },
};

/** Shows what the watcher does, and tells it what to do. */
export async function watcher(
  name: string,
  subject: string | undefined,
  options: WatcherOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const action = actions[name];
  if (action === undefined) throw invocation.misuse(`there is no action ${name}`);
  if (action.subject === undefined && subject !== undefined)
    throw invocation.misuse(`${name} takes nothing more`);
  if (action.subject === 'must' && subject === undefined) throw invocation.misuse(`${name} of what?`);
  return withSession<ExitCode>(invocation, (session) =>
    action.run({ session, subject, options, invocation }),
  );
}
