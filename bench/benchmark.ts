/** One row of the report. */
export interface Row {
  readonly what: string;
  /** What it is compared with, or `–`. */
  readonly against: string;
  /** What was measured, with its unit, e.g. `3.1 s`. */
  readonly figure: string;
  /** Of the figure to what it is compared with, or the figure itself where it stands alone. */
  readonly value: number;
  /** The least and the most of the runs' values. */
  readonly range: readonly [number, number];
  /** The value it shall not be above; absent where it is only published. */
  readonly aim?: number;
}

/** How a cost grows: `points` are [units, cost]. */
export interface Curve {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface Result {
  readonly rows: readonly Row[];
  readonly curves?: readonly Curve[];
}

export interface Benchmark {
  readonly name: string;
  /** @param quick fewer runs of fewer units: to see that it works, not to quote */
  run(quick: boolean): Promise<Result>;
}
