import type { Clock } from '../../state/platform/clock.js';
import { type Metric, metricsText } from '../../state/platform/metrics-text.js';
import type { PollState } from '../polling/poller.js';
import type { Tried } from '../outbox/deliverer.js';
import type { Backlog } from '../outbox/line.js';
import { Counts } from './counts.js';

/** A watcher as it is now. */
export interface Measured {
  environments(): readonly string[];
  /** Those of them in which it leads. */
  leads(): readonly string[];
  /** How it is with each repository that is watched. */
  repositories(): readonly (Pick<PollState, 'circuit' | 'failures' | 'lastOk'> & {
    readonly location: string;
  })[];
}

/** What a watcher did since it began, and how it is with it now, for whoever scrapes it. Nothing is asked for it. */
export class WatcherMetrics {
  readonly #passes = new Counts();
  readonly #polls = new Counts();
  readonly #deliveries = new Counts();
  readonly #webhooks = new Counts();
  readonly #backlogs = new Map<string, () => Backlog>();
  /** When the last pass was over, in milliseconds since boot, and how long it took. */
  #last: { readonly at: number; readonly ms: number } | undefined;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #version: string;

  constructor(clock: Pick<Clock, 'monotonic'>, version: string) {
    this.#clock = clock;
    this.#version = version;
  }

  /** A pass is over. @param ms how long it took */
  passed(ms: number): void {
    this.#passes.add({});
    this.#last = { at: this.#clock.monotonic(), ms };
  }

  /** A repository was asked. */
  polled(outcome: string): void {
    this.#polls.add({ outcome });
  }

  /** An announcement was tried. */
  tried({ sink, outcome }: Tried): void {
    this.#deliveries.add({ sink, outcome });
  }

  /** A webhook was answered. */
  answered(forge: string, status: number): void {
    this.#webhooks.add({ forge, status: String(status) });
  }

  /** An environment comes to be led, or, without a backlog, is led no more. */
  backlogOf(environment: string, backlog: (() => Backlog) | undefined): void {
    if (backlog === undefined) this.#backlogs.delete(environment);
    else this.#backlogs.set(environment, backlog);
  }

  /** All of it in the text format of Prometheus. */
  text(watcher: Measured): string {
    const { user, system } = process.cpuUsage();
    const leads = new Set(watcher.leads());
    const metric = (
      name: string,
      type: Metric['type'],
      help: string,
      samples: Metric['samples'],
    ): Metric => ({
      name: `ensemble_watcher_${name}`,
      type,
      help,
      samples,
    });
    const last = this.#last;
    const repositories = watcher.repositories();
    return metricsText([
      metric('info', 'gauge', 'Its version; always 1.', [{ labels: { version: this.#version }, value: 1 }]),
      metric(
        'leads',
        'gauge',
        'Whether it leads in an environment, or stands by.',
        watcher
          .environments()
          .map((name) => ({ labels: { environment: name }, value: Number(leads.has(name)) })),
      ),
      metric('passes_total', 'counter', 'Passes that are over.', this.#passes.samples),
      metric(
        'pass_seconds',
        'gauge',
        'How long the last pass took.',
        last ? [{ value: last.ms / 1_000 }] : [],
      ),
      metric(
        'pass_age_seconds',
        'gauge',
        'How long ago the last pass was over.',
        last ? [{ value: (this.#clock.monotonic() - last.at) / 1_000 }] : [],
      ),
      metric(
        'polls_total',
        'counter',
        'Repositories that were asked, by how they answered.',
        this.#polls.samples,
      ),
      metric(
        'repositories',
        'gauge',
        'Repositories that are watched, by whether they are asked: closed (yes), open (left alone), half-open (once).',
        counted(
          repositories.map(({ circuit }) => circuit),
          'circuit',
        ),
      ),
      metric(
        'repository_circuit',
        'gauge',
        'Whether a repository is asked, as its label says; always 1.',
        repositories.map(({ location, circuit }) => ({
          labels: { repository: location, circuit },
          value: 1,
        })),
      ),
      metric(
        'repository_failures',
        'gauge',
        'How often in a row a repository could not be asked.',
        repositories.map(({ location, failures }) => ({ labels: { repository: location }, value: failures })),
      ),
      metric(
        'repository_last_success_timestamp_seconds',
        'gauge',
        'When a repository answered last.',
        repositories.flatMap(({ location, lastOk }) =>
          lastOk === undefined ? [] : [{ labels: { repository: location }, value: lastOk / 1_000 }],
        ),
      ),
      metric(
        'deliveries_total',
        'counter',
        'Tries to deliver an announcement, by what came of them.',
        this.#deliveries.samples,
      ),
      metric('deliveries_waiting', 'gauge', 'Announcements in line.', this.#inLine('waiting')),
      metric(
        'deliveries_given_up',
        'gauge',
        'Announcements that were given up and are kept.',
        this.#inLine('dead'),
      ),
      metric('webhooks_total', 'counter', 'Webhooks of forges, by their answers.', this.#webhooks.samples),
      metric('cpu_seconds_total', 'counter', 'Time of a processor that it used.', [
        { value: (user + system) / 1e6 },
      ]),
      metric('resident_memory_bytes', 'gauge', 'Memory that it has.', [{ value: process.memoryUsage.rss() }]),
    ]);
  }

  #inLine(state: 'waiting' | 'dead'): Metric['samples'] {
    return [...this.#backlogs].flatMap(([environment, backlog]) =>
      [...backlog()].map(([sink, counts]) => ({ labels: { environment, sink }, value: counts[state] })),
    );
  }
}

function counted(words: readonly string[], label: string): Metric['samples'] {
  return [...new Set(words)]
    .sort()
    .map((word) => ({ labels: { [label]: word }, value: words.filter((each) => each === word).length }));
}
