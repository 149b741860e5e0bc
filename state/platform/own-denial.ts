import { lstatSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Asker, allows, isDirectory, judgedAs, missingRight, thisUser, type WayStep } from './rights.js';
import { shellWord } from './shell-word.js';

/** A right that an owner's own mode denies to them, and the command that gives it. */
interface OwnDenial {
  readonly reason: string;
  readonly next: string;
}

/**
 * Why the system refuses a path of this machine to whoever owns what refuses it: to be told to be the owner is of no help
 * to them. It must have answered just now: this process waits for it.
 * @returns undefined where it is another user's, or where no mode denies anything
 */
export function ownDenial(path: string, asker: Asker = thisUser()): OwnDenial | undefined {
  const way = wayTo(resolve(path));
  const last = way.at(-1);
  const isClosed = last !== undefined && !isDirectory(last) && !allows(last, judgedAs(last, asker), 'write');
  const missing =
    missingRight(way, asker, false) ??
    (isClosed && asker.uid !== 0
      ? { step: last, right: 'write' as const, as: judgedAs(last, asker) }
      : missingRight(way, asker, true));
  if (missing?.as !== 'owner') return undefined;
  const { step } = missing;
  const mode = (step.mode & 0o7777).toString(8).padStart(4, '0');
  return {
    reason: `permission denied: ${step.path} is this user’s own and has mode ${mode}`,
    next: `chmod u+${isDirectory(step) ? 'rwx' : 'rw'} ${shellWord(step.path)}`,
  };
}

/** The directory as far as it can be looked at, links followed. */
function wayTo(path: string): readonly WayStep[] {
  const before = path === '/' ? [] : wayTo(dirname(path));
  if (path !== '/' && !before.some(({ path: each }) => each === real(dirname(path)))) return before;
  const shown = real(path);
  const found = shown === undefined ? undefined : lstatSync(shown, { throwIfNoEntry: false });
  if (shown === undefined || found === undefined) return before;
  const { mode, uid, gid } = found;
  return [...before, { path: shown, mode, uid, gid }];
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
