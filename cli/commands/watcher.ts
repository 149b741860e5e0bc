import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { withSession } from '../invocation/session.js';
import type { WatcherOptions, WatcherRequest } from '../watching/request.js';

interface Action {
  /** Whether a subject may be named, and what that is. */
  readonly subject?: 'may' | 'must';
  /** Options that are for it, beside those of all commands. */
  readonly takes?: readonly (keyof WatcherOptions)[];
  run(request: WatcherRequest): Promise<ExitCode>;
}

/** All that can be asked about the watcher: a file for each thing. */
const actions: Readonly<Record<string, Action>> = {
  status: {
    takes: ['format'],
    run: async (request) => (await import('../watching/status.js')).showStatus(request),
  },
  repositories: {
    takes: ['format'],
    run: async (request) => (await import('../watching/repositories.js')).showRepositories(request),
  },
  candidates: {
    takes: ['format'],
    run: async (request) => (await import('../watching/candidates.js')).showCandidates(request),
  },
  reports: {
    takes: ['format', 'service', 'failed', 'since'],
    run: async (request) => (await import('../watching/reports.js')).showReports(request),
  },
  report: {
    subject: 'must',
    takes: ['format', 'log'],
    run: async (request) => (await import('../watching/reports.js')).showReport(request),
  },
  deliveries: {
    takes: ['format'],
    run: async (request) => (await import('../watching/deliveries.js')).showDeliveries(request),
  },
  retry: {
    subject: 'may',
    run: async (request) => (await import('../watching/deliveries.js')).retry(request),
  },
  check: { subject: 'may', run: async (request) => (await import('../watching/check.js')).check(request) },
  pause: {
    takes: ['reason'],
    run: async (request) => (await import('../watching/pause.js')).pauseWatcher(request),
  },
  resume: { run: async (request) => (await import('../watching/pause.js')).resumeWatcher(request) },
};

/** Options that are for some of the actions; one that is given in vain would be taken for heeded. */
const OWN = ['reason', 'service', 'failed', 'since', 'log'] as const;

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
  const stray = OWN.find(
    (option) => options[option] !== undefined && action.takes?.includes(option) !== true,
  );
  if (stray !== undefined) throw invocation.misuse(`${name} takes no --${stray}`);
  if (action.subject === 'must' && subject === undefined) throw invocation.misuse(`${name} of what?`);
  return withSession<ExitCode>(invocation, (session) =>
    action.run({ session, subject, options, invocation }),
  );
}
