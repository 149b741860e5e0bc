import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { bootstrapTree, requireFinished } from '../../state/model/layout.js';
import { paths } from '../../state/model/paths.js';
import { readMachines } from '../../state/model/machines.js';
import { closeNodes, openNodes } from '../../state/model/protection.js';
import type { Requester } from '../../state/model/requester.js';
import { fileDigest } from '../../state/storage/digest.js';
import type { Storage } from '../../state/storage/storage.js';
import { StorageUnusable } from '../errors.js';
import { someOf } from '../names-of.js';
import { readKeepRemoved } from '../prune/kept.js';
import { withWorkDirectory } from '../publish/work-directory.js';
import type { Session } from '../session.js';

/** An environment that was made ready: as it was, and as it is. */
export interface Bootstrapped {
  /** True if it was not ready before. */
  readonly made: boolean;
  /** Nodes that others could write to, and cannot any more. */
  readonly closed: readonly string[];
}

/**
 * Makes an environment ready. Everything is tried before anything is written to the coordinator, so that what fails has
 * claimed no path there, and an environment that is ready is one that formulas can be deployed to and, with a secret,
 * that is closed to others.
 * @param by gives who asks, when it is asked
 * @throws EnvironmentUnfinished, PathShared, StatePlanted, PathNotClosed, StorageUnusable, and what the storage throws
 */
export async function bootstrapEnvironment(
  { coordinator, environment, storage, choice }: Session,
  by: () => Requester,
): Promise<Bootstrapped> {
  const standing = await coordinator.get(paths.layout);
  if (standing === undefined) await requireFinished(coordinator, environment.name, choice);
  await openNodes(coordinator, environment.state);
  await tryStorage(await storage());
  const closed = await closeNodes(coordinator, environment.state);
  const made = await bootstrapTree(coordinator, undefined, by(), environment.name);
  if (closed.length > 0 && !made) {
    const entry = requestEntry(by(), { what: 'bootstrap', message: `closed ${someOf(closed, 'nodes')}` });
    await retryOnConflict('the history', async () =>
      coordinator.transaction(await recordEnvironmentOperations(coordinator, entry)),
    );
  }
  return { made, closed };
}

/** The directories that go because they are kept for a shorter time from now on. */
export interface KeptLess {
  readonly units: number;
  readonly bytes: number;
  readonly machines: readonly string[];
}

/**
 * Finds what machines keep of removed units that may go where it is kept for `keepRemoved` milliseconds from now on. What
 * is kept until somebody prunes it stays.
 * @returns undefined where nothing of it goes sooner than before
 */
export async function keptLess(coordinator: Coordinator, keepRemoved: number): Promise<KeptLess | undefined> {
  if (keepRemoved >= (await readKeepRemoved(coordinator))) return undefined;
  const keeping = (await readMachines(coordinator)).flatMap(({ name, machine: { kept } }) =>
    kept?.until === undefined || kept.units === 0 ? [] : [{ name, ...kept }],
  );
  if (keeping.length === 0) return undefined;
  const sum = (of: 'units' | 'bytes'): number => keeping.reduce((all, each) => all + each[of], 0);
  return { units: sum('units'), bytes: sum('bytes'), machines: keeping.map(({ name }) => name) };
}

/** Stores a small object and looks for it: that the URL is well-formed says little. */
async function tryStorage(storage: Storage): Promise<void> {
  await withWorkDirectory(async (directory) => {
    const file = join(directory, 'probe');
    await writeFile(file, 'ensemble stores formulas here\n');
    const { sha256, size } = await fileDigest(file);
    const key = `probes/${sha256}`;
    await storage.put(key, file);
    const found = await storage.size(key);
    if (found !== size)
      throw new StorageUnusable({
        storage: storage.url,
        reason: 'an object stored there is not there afterwards',
      });
  });
}
