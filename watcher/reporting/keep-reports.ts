import type { WatcherReport } from '../../state/model/watcher-report.js';
import { isDeposed, keepReport, pruneReports, readReports } from '../../state/model/watcher-reports.js';
import type { Led } from '../contract/led.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { WatcherDeposed } from '../contract/errors.js';
import type { Report, Reporter } from '../contract/report.js';

/** Reports that may be written before those that are too old or too many go. */
const PRUNED_AFTER = 50;

/**
 * Keeps the reports of an environment in its tree, one after the other, while this watcher leads there; those that only
 * found nothing are no reports. Each is logged too. What fails, or waits, in the same way again is counted by the report that tells it.
 */
export class ReportKeeper implements Reporter {
  #writing: Promise<void>;
  /** The last report of each subject. */
  readonly #last = new Map<string, WatcherReport>();
  #sincePruned = 0;
  readonly #led: Led;

  constructor(led: Led) {
    this.#led = led;
    this.#writing = this.#prune();
  }

  report(report: Report): void {
    const { outcome, asked, found, did, error, service, repository } = report;
    if (outcome === 'nothing') return;
    const said = `${asked}: ${found}; ${did}`;
    const about = { service, repository, outcome, report: report.id };
    if (outcome === 'failed') this.#led.log.warning(said, { ...about, error });
    else this.#led.log.info(said, about);
    this.#writing = this.#writing.then(() => this.#keep(report));
  }

  /** Resolves when all that was reported is kept, or cannot be. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #keep({ log, ...report }: Report): Promise<void> {
    const subject = subjectOf(report);
    await this.#unlessAway(async (write) => {
      const kept = await betweenFaults('watcher.report', () =>
        keepReport(write, report, log, this.#last.get(subject)),
      );
      this.#last.set(subject, kept);
    });
    this.#sincePruned += 1;
    if (this.#sincePruned >= PRUNED_AFTER) await this.#prune();
  }

  /** Also learns what the watcher before this one reported last. */
  async #prune(): Promise<void> {
    this.#sincePruned = 0;
    await this.#unlessAway(async (write) => {
      if (this.#last.size === 0)
        for (const report of await readReports(write.coordinator, []))
          this.#last.set(subjectOf(report), report);
      await pruneReports(write, this.#led.clock.now());
    });
  }

  async #unlessAway(
    work: (
      write: Pick<Led, 'guard'> & { readonly coordinator: Led['session']['coordinator'] },
    ) => Promise<void>,
  ): Promise<void> {
    const { session, guard, log } = this.#led;
    try {
      await work({ coordinator: session.coordinator, guard });
    } catch (error) {
      // Another one leads by now, and reports what it does.
      const isOver = error instanceof WatcherDeposed || isDeposed(error, guard);
      if (!isOver) log.warning('a report cannot be kept', { error });
    }
  }
}

function subjectOf({
  service,
  incarnation,
  repository,
  asked,
}: Pick<WatcherReport, 'service' | 'incarnation' | 'repository' | 'asked'>): string {
  return [service, incarnation, repository, asked].join('\0');
}
