import { type Clock, pause } from '../../state/platform/clock.js';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import {
  NodeExists,
  NodeNotFound,
  OutcomeUnknown,
  VersionConflict,
} from '../../state/coordination/errors.js';

/** Writes per transaction: a unit's write has two or three operations, and the coordinator takes 1 MB at once. */
const MOST_WRITES = 100;
const MOST_TRIES = 30;

/**
 * Gives the operations of one write as they must be now; asked again, with a higher `tries`, after a conflict or an
 * answer that was lost. No operations: there is nothing left to write.
 */
type BuildWrite = (tries: number) => Promise<readonly Operation[]> | readonly Operation[];

/** Writes to the tree, many units' writes in one transaction where they come together. */
export interface TreeWriter {
  /**
   * Resolves when the write is in the tree.
   * @throws NodeNotFound, NodeExists, VersionConflict when it still does not apply after it was built anew
   */
  write(build: BuildWrite): Promise<void>;
}

interface Waiting {
  readonly build: BuildWrite;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One transaction is under way at a time; what comes meanwhile goes together in the next. A transaction that does not
 * apply is taken apart, so that a conflict of one unit is no other unit's.
 * @param written called after each transaction
 */
export function treeWriter(
  coordinator: Coordinator,
  clock: Clock,
  random: () => number,
  written: () => void = () => undefined,
): TreeWriter {
  const waiting: Waiting[] = [];
  let atWork = false;

  async function work(): Promise<void> {
    if (atWork) return;
    atWork = true;
    // Writes of the same turn of the event loop go into the first transaction already.
    await Promise.resolve();
    while (waiting.length > 0) await writeTogether(waiting.splice(0, MOST_WRITES));
    atWork = false;
  }

  async function writeTogether(writes: readonly Waiting[]): Promise<void> {
    try {
      const operations = (await Promise.all(writes.map(({ build }) => build(0)))).flat();
      if (operations.length > 0) {
        await coordinator.transaction(operations);
        written();
      }
      for (const { resolve } of writes) resolve();
    } catch {
      await Promise.all(writes.map(({ build, resolve, reject }) => writeAlone(build).then(resolve, reject)));
    }
  }

  async function writeAlone(build: BuildWrite): Promise<void> {
    let lastPath: string | undefined;
    for (let tries = 1; ; tries += 1) {
      try {
        const operations = await build(tries);
        if (operations.length > 0) {
          await coordinator.transaction(operations);
          written();
        }
        return;
      } catch (error) {
        if (tries >= MOST_TRIES || !mayHeal(error)) throw error;
        // A race turns out otherwise when it is looked at again; what is found twice in a row is a fact.
        const path = error instanceof NodeExists || error instanceof NodeNotFound ? error.path : undefined;
        if (path !== undefined && path === lastPath) throw error;
        lastPath = path;
        if (tries > 1 && !(error instanceof OutcomeUnknown))
          await pause(clock, random() * Math.min(2 ** tries, 1_000));
      }
    }
  }

  return {
    write: (build) =>
      new Promise((resolve, reject) => {
        waiting.push({ build, resolve, reject });
        void work();
      }),
  };
}

function mayHeal(error: unknown): boolean {
  return (
    error instanceof VersionConflict ||
    error instanceof OutcomeUnknown ||
    error instanceof NodeExists ||
    error instanceof NodeNotFound
  );
}
