import { forgeRequest } from '../control/candidates/forges/request.js';
import type { WatcherRules } from '../state/environments/watcher-section.js';
import { CandidatesPart } from './candidates/candidates-part.js';
import type { Led, LedParts } from './contract/led.js';
import type { WatcherMetrics } from './metrics/watcher-metrics.js';
import { openAnnouncer } from './outbox/open-announcer.js';
import { ReportKeeper } from './reporting/keep-reports.js';

export interface PartsOptions {
  readonly rules: WatcherRules;
  /** Ends after one look, so that nobody delivers later what was not tried. */
  readonly once: boolean;
  readonly metrics: WatcherMetrics;
}

/** Opens what works for an environment while it is led: its reports, its announcements, and all else that a pass does. */
export async function openParts(led: Led, { rules, once, metrics }: PartsOptions): Promise<LedParts> {
  const reporter = new ReportKeeper(led);
  const announcer = openAnnouncer(led, rules.sinks, reporter, (event) => metrics.tried(event));
  const { name } = led.session.environment;
  metrics.backlogOf(name, () => announcer.deliverer.backlog);
  return {
    reporter,
    announcer,
    parts: [new CandidatesPart({ request: forgeRequest, variables: process.env })],
    async close() {
      if (once && !led.over.aborted) await announcer.settled();
      metrics.backlogOf(name, undefined);
      await announcer.close();
      await reporter.close();
    },
  };
}
