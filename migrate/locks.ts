import { join } from 'node:path';
import { lockFile } from '../state/platform/kernel-lock.js';
import type { Kind } from './detect.js';
import { StepBlocked } from './contract/step.js';
import { agentWorks, pidInClaim } from './to-v2/claim.js';

/** The file that is locked while a directory is changed. It stays, and is empty. */
const LOCK = 'migrate.lock';

/** What agents lock in their data directory, since the release after 0.1.0. */
const AGENT_LOCK = 'agent.lock';

/**
 * Does something while nobody else changes the directory's layout, and no agent works in it. The locks are the kernel's, which
 * takes them back when this process ends, however it does. Without them nothing is done.
 * @param waiting called where somebody else changes it, and is waited for
 * @throws StepBlocked where an agent works in it, or its file system has no locks; errors of the file system; PerlMissing
 */
export async function withLocks<T>(
  directory: string,
  kind: Kind,
  waiting: () => void,
  act: () => Promise<T>,
): Promise<T> {
  const path = join(directory, LOCK);
  let lock = await lockFile(path);
  if (lock.kind === 'taken') {
    waiting();
    lock = await lockFile(path, { wait: true });
  }
  if (lock.kind !== 'held') throw noLocks();
  try {
    if (kind === 'home') return await act();
    const agent = await lockFile(join(directory, AGENT_LOCK));
    if (agent.kind === 'taken') throw agentWorks(pidInClaim(directory));
    if (agent.kind !== 'held') throw noLocks();
    try {
      return await act();
    } finally {
      agent.release();
    }
  } finally {
    lock.release();
  }
}

function noLocks(): StepBlocked {
  return new StepBlocked(
    'its file system has no locks, by which nobody else would change it in the same moment',
    'put it on a file system of this machine',
  );
}
