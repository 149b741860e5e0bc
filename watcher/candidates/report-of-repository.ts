import type { Pass } from '../contract/led.js';
import { type Report, reportId } from '../contract/report.js';

/** Reports something of a repository at this moment. @param said all of the report but what the pass knows by itself */
export function reportOfRepository(
  { reporter, clock, random, session }: Pass,
  said: Omit<Report, 'id' | 'at' | 'ms' | 'environment'>,
): void {
  const now = clock.now();
  reporter.report({
    id: reportId(now, random),
    at: new Date(now).toISOString(),
    ms: 0,
    environment: session.environment.name,
    ...said,
  });
}
