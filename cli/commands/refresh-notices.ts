import { setPriority } from 'node:os';
import { systemClock } from '../../state/platform/clock.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { chosenEnvironment, withSession } from '../invocation/session.js';
import { noticesFile } from '../notices/notices-file.js';
import { holdAlone } from '../notices/only-one.js';
import { endAtLimit, isFresh, LOOK_LIMIT, refresh } from '../notices/refresh.js';
import { ownVariables } from '../../state/platform/variables.js';

/** Processor time goes to everybody else first. */
const LOW_PRIORITY = 10;

/**
 * Looks for what is newer, for the notices of later commands. It is started by commands, has no terminal, and ends at its
 * limit in any case.
 */
export async function refreshNotices(
  { limit = LOOK_LIMIT }: { readonly limit?: number },
  invocation: Invocation,
): Promise<ExitCode> {
  endAtLimit(limit, systemClock);
  setPriority(LOW_PRIORITY);
  const file = noticesFile(ownVariables());
  const release = await holdAlone(file, systemClock);
  try {
    const { state } = await chosenEnvironment(invocation);
    if (isFresh(file, state, systemClock.now())) return 0;
    await withSession(invocation, (session) => refresh(session, file, limit, systemClock));
    return 0;
  } finally {
    release();
  }
}
