/** Several runs of one thing. */
export interface Sample {
  readonly runs: readonly number[];
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function sampleOf(runs: readonly number[]): Sample {
  const sorted = runs.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
  return { runs, median, least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN };
}

/** Two things measured in turn, so that both meet the machine in the same mood; the ratio is that of the pairs. */
export interface Pairs {
  readonly ours: Sample;
  readonly floor: Sample;
  readonly ratio: Sample;
}

/** Measures both `times` times, in turn, after `warm` turns that do not count. */
export async function inPairs(
  times: number,
  ours: (turn: number) => number | Promise<number>,
  floor: (turn: number) => number | Promise<number>,
  warm = 1,
): Promise<Pairs> {
  const measured: { readonly ours: number; readonly floor: number }[] = [];
  for (let turn = 0; turn < times + warm; turn += 1) {
    const pair = { floor: await floor(turn), ours: await ours(turn) };
    if (turn >= warm) measured.push(pair);
  }
  return {
    ours: sampleOf(measured.map((pair) => pair.ours)),
    floor: sampleOf(measured.map((pair) => pair.floor)),
    ratio: sampleOf(measured.map((pair) => pair.ours / pair.floor)),
  };
}
