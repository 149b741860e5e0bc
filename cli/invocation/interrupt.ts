/**
 * Has Ctrl-C end work in order, which would end the process otherwise, as it does again afterwards.
 * @param work is given the signal that Ctrl-C gives
 */
export async function interruptible<T>(work: (interrupt: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop);
  try {
    return await work(interrupt.signal);
  } finally {
    process.off('SIGINT', stop);
  }
}
