const works = new Map<string, Set<() => void>>();
const listeners = new Map<string, () => void>();

/**
 * Has something done when this process exits, or is sent a signal: by one listener for all, as Node warns of a leak where very
 * many have one each, such as for all that run beside each other.
 * @returns takes that back
 */
export function whenProcess(event: 'exit' | NodeJS.Signals, work: () => void): () => void {
  const known = works.get(event) ?? new Set();
  works.set(event, known);
  if (known.size === 0) listen(event, known);
  known.add(work);
  return () => {
    known.delete(work);
    if (known.size === 0) forget(event);
  };
}

function listen(event: string, known: ReadonlySet<() => void>): void {
  const all = (): void => {
    for (const work of [...known]) work();
  };
  listeners.set(event, all);
  process.on(event, all);
}

function forget(event: string): void {
  const all = listeners.get(event);
  if (all !== undefined) process.off(event, all);
  listeners.delete(event);
}
