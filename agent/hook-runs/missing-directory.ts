import { isDirectoryThere, makeUnitDirectory } from '../disk/unit-directory.js';
import { UnitDirectoryMissing } from '../contract/errors.js';
import type { HookHost } from './hook-call.js';

/** Milliseconds. */
const LOOK_AGAIN = 2_000;

/** Milliseconds; what is told as the end of the waiting, which has none of its own. */
const LONG = 3_600_000;

type Host = Pick<HookHost, 'name' | 'directory' | 'record'>;

/** True if the unit was installed and its data is not there. */
export function isDirectoryMissing(host: Pick<Host, 'directory' | 'record'>): boolean {
  return host.record().formula !== null && !isDirectoryThere(host.directory);
}

/** @throws UnitDirectoryMissing */
export function requireDirectory(host: Host): void {
  if (isDirectoryMissing(host))
    throw new UnitDirectoryMissing({ unit: host.name, directory: host.directory.root });
}

/**
 * Goes before each hook of a unit that was installed: waits until its directory is there. A hook that ran without it
 * would take the unit's data for lost, and begin with none. An operator may want just that, by `resolved --retry`.
 * @param hook the one that waits
 * @returns `anew` where an operator had the directory made, with nothing in it; `done` where one takes the hook as done
 * @throws UnitDirectoryMissing where something else is wanted of the unit, for which the hook must have failed
 */
export async function awaitDirectory(
  host: HookHost & { isEvicted(): boolean },
  hook: string,
): Promise<'there' | 'anew' | 'done'> {
  const { clock } = host.parts;
  const { retry } = host.record();
  // An agent before this one waited here.
  const waited = retry?.attempt === 0;
  if (isDirectoryThere(host.directory)) {
    if (waited) await host.save({ retry: null });
    return 'there';
  }
  const failure = new UnitDirectoryMissing({ unit: host.name, directory: host.directory.root });
  // Nobody could ask the unit to go on: the state does not know it.
  if (host.isEvicted()) throw failure;
  const at = (ms: number): string => new Date(clock.now() + ms).toISOString();
  const wait = {
    hook,
    failure: failure.message,
    ...(failure.next !== undefined && { next: failure.next }),
    since: waited ? retry.since : at(0),
    until: at(LONG),
    attempt: 0,
  };
  await host.save({ retry: wait });
  host.troubledBy(failure);
  try {
    while (!isDirectoryThere(host.directory)) {
      const { resolvedId } = host.record();
      const end = await host.awaitRetry({ ...wait, until: at(LOOK_AGAIN) }, LOOK_AGAIN);
      if (end === 'given-up') throw failure;
      if (end === 'done') return 'done';
      const isAsked = end === 'again' && host.record().resolvedId !== resolvedId;
      if (!isAsked || isDirectoryThere(host.directory)) continue;
      host.parts.log.warning('its directory is made anew, with no data, as an operator wants it', {
        unit: host.name,
      });
      makeUnitDirectory(host.directory, host.record().incarnation);
      return 'anew';
    }
    return 'there';
  } finally {
    host.troubledBy(undefined);
    await host.save({ retry: null });
  }
}
