/** Every start of a hook passes this, so that none is started on a machine that is another agent's. */
export interface HookGate {
  /** Does `start` when it is sure that the machine is this agent's; stays open where it is not, or no more. */
  pass<T>(start: () => Promise<T>): Promise<T>;
  /** Lets nobody through any more, and resolves when whoever was let through is done. */
  shut(): Promise<void>;
}

/** @param assured resolves when it is sure that the machine is this agent's; undefined where that is known */
export function hookGate(assured: () => Promise<void>): HookGate {
  const through = new Set<Promise<unknown>>();
  let isShut = false;
  return {
    async pass(start) {
      await assured();
      if (isShut) return new Promise(() => undefined);
      const started = start();
      through.add(started);
      try {
        return await started;
      } finally {
        through.delete(started);
      }
    },
    async shut() {
      isShut = true;
      await Promise.allSettled(through);
    },
  };
}
