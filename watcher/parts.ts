import type { Led, LedParts } from './contract/led.js';
import { ReportKeeper } from './reporting/keep-reports.js';

/** Opens what works for an environment while it is led: its reports, its announcements, and all else that a pass does. */
export async function openParts(led: Led): Promise<LedParts> {
  const { log } = led;
  const reporter = new ReportKeeper(led);
  return {
    reporter,
    announcer: {
      announce: async ({ id, service, eligible, questionable, urgent }) =>
        log.info('there is something newer', { service, eligible, questionable, urgent, id }),
    },
    parts: [],
    close: () => reporter.close(),
  };
}
