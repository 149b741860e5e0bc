/** What came of something that the watcher did: `deferred` is done later by itself. */
export type ReportOutcome = 'done' | 'nothing' | 'deferred' | 'failed';

/** Whose a failure is: the formula's author, another change that it depends on, or what lies between. */
export type Fault = 'formula' | 'dependency' | 'infrastructure';

/** One thing that the watcher was to do, in words for operators. Secrets stand nowhere in it. */
export interface Report {
  /** Unique in its environment, and sorts by time: see `reportId`. */
  readonly id: string;
  /** ISO instant at which it began. */
  readonly at: string;
  /** Milliseconds that it took. */
  readonly ms: number;
  readonly environment: string;
  /** The repository's URL or path. */
  readonly repository?: string;
  readonly service?: string;
  /** Of the service. */
  readonly incarnation?: string;
  /** What was asked, what was found, and what was done about it: a few words each. */
  readonly asked: string;
  readonly found: string;
  readonly did: string;
  readonly outcome: ReportOutcome;
  readonly fault?: Fault;
  /** The error's sentence, and the next command to run. */
  readonly error?: string;
  readonly fingerprint?: string;
  /** All that was said meanwhile, in lines. */
  readonly log?: string;
}

/** Takes reports; it says nothing of those that only found nothing. */
export interface Reporter {
  /** Never throws: a report that cannot be kept is logged. */
  report(report: Report): void;
}

/**
 * The id of a report: by its time, so that ids sort as their reports came.
 * @param now milliseconds since 1970
 * @param random uniform in [0, 1)
 */
export function reportId(now: number, random: () => number): string {
  const noise = Math.floor(random() * 2 ** 24);
  return `${new Date(now).toISOString().replace(/\D/g, '')}-${noise.toString(16).padStart(6, '0')}`;
}
