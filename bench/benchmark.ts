import type { Chart } from './chart.js';

/** One row of the report. */
export interface Row {
  readonly what: string;
  /** The thing it is compared with, or `–`. */
  readonly against: string;
  /** What was measured, with its unit, e.g. `3.1 s`. */
  readonly figure: string;
  /** The ratio of the figure to what it is compared with, or the figure itself if it stands alone. */
  readonly value: number;
  /** The least and the most of the runs' values. */
  readonly range: readonly [number, number];
  /** The value it shall not be above; absent where it is only published. */
  readonly aim?: number;
  /** The present bound, as profiles show; written by hand beside the code that measures it. */
  readonly bound?: string;
}

export interface Result {
  readonly rows: readonly Row[];
  readonly charts?: readonly Chart[];
}

export interface Benchmark {
  readonly name: string;
  /** Seconds after which it is ended and counts as failed; several times what it takes on a quiet machine. */
  readonly limit: number;
  /**
   * Runs as a process of its own, with a `os.tmpdir()` of its own that is removed after it.
   * @param quick fewer runs of fewer units: to see that it works, not to quote
   */
  run(quick: boolean): Promise<Result>;
}

/** The result of one benchmark, and when it was found. */
export interface Found extends Result {
  /** ISO instant of its end. */
  readonly when: string;
  readonly quick: boolean;
  /** The load of the machine over the minute before it began. */
  readonly load: number;
  readonly seconds: number;
}

export interface Report {
  /** Where all of it was measured. */
  readonly machine: string;
  /** By name. */
  readonly benchmarks: Record<string, Found>;
}

/** The words of a benchmark's process to the one that started it. */
export type Told = { readonly found: Result } | { readonly cannot: string };

/** Something that is needed to measure is not here; the message says how to get it. */
export class CannotMeasure extends Error {}
