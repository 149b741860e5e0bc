import { constants } from 'node:os';
import { endProcess } from './end-process.js';
import { whenProcess } from './when-process.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const works = new Set<() => void>();
let forgetAll: (() => void) | undefined;
let hasOwnEnd = false;

/**
 * Says that this process ends in its own way when it is sent a signal: it stops what it does, and steps down. What runs within
 * it ends by that, and nothing ends the process before.
 */
export function endsInItsOwnWay(): void {
  hasOwnEnd = true;
}

/**
 * Has something done when this process is sent a signal that is to end it, which it does then; nothing where the process ends
 * in its own way.
 * @returns takes that back
 */
export function whenSignalled(work: () => void): () => void {
  if (hasOwnEnd) return () => undefined;
  // Each of them is another one, also where the same function is given twice.
  const own = (): void => work();
  works.add(own);
  forgetAll ??= listen();
  return () => {
    works.delete(own);
    if (works.size > 0) return;
    forgetAll?.();
    forgetAll = undefined;
  };
}

/** One listener for all: the first of many that ends the process would keep the others from their work. */
function listen(): () => void {
  const forgets = SIGNALS.map((name) =>
    whenProcess(name, () => {
      if (hasOwnEnd) return;
      for (const work of [...works]) work();
      endProcess(128 + constants.signals[name]);
    }),
  );
  return () => {
    for (const forget of forgets) forget();
  };
}
