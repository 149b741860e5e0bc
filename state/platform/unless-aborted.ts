/**
 * Waits for `work`, but not beyond the abort of `signal`, whose reason it then throws. What is abandoned goes on to its
 * own end, for nobody.
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  // Nobody hears of the loser.
  work.catch(() => undefined);
  signal.throwIfAborted();
  let abandon = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abandon = () => reject(signal.reason);
    signal.addEventListener('abort', abandon, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}
