/** Bounds how many hooks run at once on this machine. First come, first served. */
export interface HookSlots {
  /** How many there are. */
  readonly count: number;
  /**
   * Resolves when a slot is free; the caller gives it back.
   * @param unwanted ends the waiting: the promise is then rejected with its reason
   */
  take(unwanted?: AbortSignal): Promise<() => void>;
  /** Takes a slot at once, also where none is free: for a hook that runs already. */
  takeNow(): () => void;
}

export function hookSlots(count: number): HookSlots {
  let free = count;
  const waiting: (() => void)[] = [];

  function slot(): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      free += 1;
      // Handed over rather than offered, so that nobody who comes at this moment is faster than who waits.
      const next = free > 0 ? waiting.shift() : undefined;
      if (next === undefined) return;
      free -= 1;
      next();
    };
  }

  function turn(unwanted?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.splice(waiting.indexOf(come), 1);
        reject(unwanted?.reason);
      };
      const come = (): void => {
        unwanted?.removeEventListener('abort', leave);
        resolve();
      };
      unwanted?.addEventListener('abort', leave, { once: true });
      waiting.push(come);
    });
  }

  return {
    count,
    async take(unwanted) {
      unwanted?.throwIfAborted();
      if (free > 0) free -= 1;
      else await turn(unwanted);
      return slot();
    },
    takeNow() {
      free -= 1;
      return slot();
    },
  };
}
