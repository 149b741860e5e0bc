import { readFileSync } from 'node:fs';
import { shellWord } from '../platform/shell-word.js';
import { allows, type Asker, isDirectory, missingRight, type WayStep } from '../platform/rights.js';

/** Tells why a directory refuses somebody: what they miss, and the commands that help. */
export interface Denial {
  readonly reason: string;
  readonly next: string;
}

/**
 * Says what is missing, to whom, and what gives it.
 * @param root of the storage: the directories above it serve others too, and are not given away
 * @param ways to what was asked for, in the order in which they are gone
 * @param nameOf a user's name by its number, or that number
 */
export function explainDenial(
  root: string,
  ways: readonly (readonly WayStep[])[],
  asker: Asker,
  isWritten: boolean,
  nameOf: (uid: number) => string = userName,
): Denial {
  const me = nameOf(asker.uid);
  const [missing] = ways.flatMap((way) => missingRight(way, asker, isWritten) ?? []);
  if (missing === undefined) {
    const last = ways.at(0)?.filter(isDirectory).at(-1)?.path ?? root;
    return {
      reason: `the modes on the way to it deny ${me} nothing, so an access list, an attribute or the mount does`,
      next: `see what does: getfacl ${shellWord(last)}; lsattr -d ${shellWord(last)}; findmnt -T ${shellWord(last)}`,
    };
  }
  const { step, right, as } = missing;
  const path = shellWord(step.path);
  const owner = nameOf(step.uid);
  const deed = { enter: 'enter', write: 'write in', read: 'read' }[right];
  const mode = (step.mode & 0o7777).toString(8).padStart(4, '0');
  const whose = as === 'owner' ? `${me}’s own` : `${owner}’s`;
  const reason = `${me} may not ${deed} ${step.path}, which is ${whose} and has mode ${mode}`;
  const mend = `chmod u+${isDirectory(step) ? 'rwx' : 'r'} ${path}`;
  if (as === 'owner') return { reason, next: mend };
  const isBelow = step.path === root || step.path.startsWith(`${root}/`);
  // Root is bound by no mode.
  const isMended = step.uid === 0 || allows(step, 'owner', right);
  const asOwner = isMended
    ? `run the command, or the agent, as ${owner}`
    : `as ${owner}, do ${mend}, and run the command, or the agent, as ${owner}`;
  const pass = isBelow
    ? `chown -R ${me} ${shellWord(root)}${isMended ? '' : `; ${mend}`}`
    : `chmod ${as === 'group' ? 'g' : 'o'}+x ${path}`;
  return { reason, next: `${asOwner}; or let ${me} in, as root: ${pass}` };
}

/** The directory that is none, in words; undefined where there is no such thing on the way. */
export function notADirectory(way: readonly WayStep[], path: string): string | undefined {
  const last = way.at(-1);
  if (last === undefined || isDirectory(last) || last.path === path) return undefined;
  return `${last.path} is ${kindOf(last.mode)}, where a directory should be`;
}

function kindOf(mode: number): string {
  const kinds = new Map([
    [0o100_000, 'a file'],
    [0o010_000, 'a named pipe'],
    [0o140_000, 'a socket'],
    [0o120_000, 'a link'],
  ]);
  return kinds.get(mode & 0o170_000) ?? 'a device';
}

/** Knows this machine's users. Users of a directory service are told by their number, which chown takes too. */
function userName(uid: number): string {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((each) => each.split(':')[2] === String(uid));
    return line?.split(':')[0] ?? String(uid);
  } catch {
    return String(uid);
  }
}
