/** Milliseconds that the end of a process may take. */
const LONGEST = 3_000;

const underWay = new Set<Promise<unknown>>();
let isEnding = false;

/**
 * Does what the process must not end in the middle of: `endProcess` waits for it, and lets nothing of the kind begin. A write
 * of lmdb is such work. Its thread waits for this one, which in `process.exit` waits for that thread: both for ever, and
 * with the lock of the store, so that nobody else can write to it either.
 */
export async function uninterrupted<T>(work: () => Promise<T>): Promise<T> {
  if (isEnding) return new Promise(() => undefined);
  const running = work();
  underWay.add(running);
  try {
    return await running;
  } finally {
    underWay.delete(running);
  }
}

/**
 * Ends the process, as `process.exit` does. It may return, with the end still to come: the caller does nothing more then.
 * @param code what the process exits with
 */
export function endProcess(code: number): void {
  isEnding = true;
  if (underWay.size === 0) process.exit(code);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LONGEST);
  void Promise.allSettled(underWay).then(() => process.exit(code));
}
