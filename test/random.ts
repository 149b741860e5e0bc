/** Uniform numbers in [0, 1) from a seed (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this run: `$SEED`, or a new one. Tests that use it print it. */
export function chooseSeed(): number {
  return process.env.SEED === undefined ? Math.trunc(Math.random() * 2 ** 32) : Number(process.env.SEED);
}
