import type { Led, LedParts } from './contract/led.js';

/** Opens what works for an environment while it is led: its reports, its announcements, and all else that a pass does. */
export async function openParts({ log }: Led): Promise<LedParts> {
  return {
    reporter: {
      report: ({ outcome, error, ...report }) =>
        outcome === 'failed'
          ? log.warning(`${report.asked}: ${report.found}; ${report.did}`, { outcome, error })
          : log.info(`${report.asked}: ${report.found}; ${report.did}`, { outcome }),
    },
    announcer: {
      announce: async ({ id, service, eligible, questionable, urgent }) =>
        log.info('there is something newer', { service, eligible, questionable, urgent, id }),
    },
    parts: [],
    close: async () => undefined,
  };
}
