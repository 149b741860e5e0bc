import type { SinkRules } from '../../state/environments/watcher-section.js';
import type { Announcer } from '../contract/announcement.js';
import type { Led } from '../contract/led.js';
import { type Reporter, reportId } from '../contract/report.js';
import { openSinks } from '../sinks/open-sinks.js';
import { Deliverer, type Tried } from './deliverer.js';

/** An announcer that delivers what it is told. */
export interface OpenAnnouncer extends Announcer {
  readonly deliverer: Deliverer;
  /** Resolves when all that was announced was tried. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Announces to the sinks that `environments.yaml` names, for an environment that is led. What was given up is reported, with
 * the command that tries it again.
 * @param tried is told of each try too
 */
export function openAnnouncer(
  { session, guard, over, clock, random, log }: Led,
  rules: readonly SinkRules[],
  reporter: Reporter,
  tried: (event: Tried) => void = () => undefined,
): OpenAnnouncer {
  const environment = session.environment.name;
  const tell = (event: Tried): void => {
    tried(event);
    const { sink, id, outcome, tries, reason } = event;
    if (outcome === 'delivered') log.info('an announcement is delivered', { sink, id, tries });
    else if (outcome === 'failed')
      log.warning('an announcement cannot be delivered, and is tried again', { sink, id, tries, reason });
    else
      reporter.report({
        id: reportId(clock.now(), random),
        at: new Date(clock.now()).toISOString(),
        ms: 0,
        environment,
        asked: `deliver announcement ${id} to ${sink}`,
        found: `${tries} tries failed`,
        did: 'gave it up',
        outcome: 'failed',
        fault: 'infrastructure',
        error: `${reason}; next: ensemble watcher retry ${id}`,
        fingerprint: id,
      });
  };
  const deliverer = new Deliverer({
    coordinator: session.coordinator,
    guard,
    environment,
    sinks: openSinks(rules, clock),
    clock,
    random,
    tried: tell,
    failed: (error) => log.warning('announcements cannot be delivered, and are tried again', { error }),
  });
  // Another one delivers from then on.
  const end = (): void => void deliverer.close();
  over.addEventListener('abort', end, { once: true });
  if (over.aborted) end();
  return {
    deliverer,
    announce: async (announcement, by) => {
      const { id, service, eligible, questionable, urgent, candidate } = announcement;
      await deliverer.announce({ ...announcement }, by);
      if (candidate === undefined)
        log.info('there is something newer', { service, eligible, questionable, urgent, id });
      else log.info('there is a candidate to try', { service, change: candidate.change, id });
    },
    settled: () => deliverer.settled(),
    async close() {
      over.removeEventListener('abort', end);
      await deliverer.close();
    },
  };
}
