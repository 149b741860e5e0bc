/**
 * A step on the way to a path, links followed, as far as it can be looked at; the root of the file system comes
 * first.
 */
export interface WayStep {
  readonly path: string;
  /** As `stat` gives it, with the kind. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The steps that were found on the way to a path, and whether that was the whole of it. */
export interface Way {
  readonly steps: readonly WayStep[];
  readonly isWhole: boolean;
}

/** Who asks, with all of their groups. */
export interface Asker {
  readonly uid: number;
  readonly gids: readonly number[];
}

/** The right that somebody lacks: `enter` and `write` of a directory, `read` of a file. */
type Right = 'enter' | 'write' | 'read';

interface MissingRight {
  readonly step: WayStep;
  readonly right: Right;
  /** The three bits of the mode by which the asker is judged. */
  readonly as: 'owner' | 'group' | 'other';
}

const KIND = 0o170_000;
const DIRECTORY = 0o040_000;
const bits: Readonly<Record<Right, number>> = { read: 4, write: 2, enter: 1 };

export const isDirectory = ({ mode }: Pick<WayStep, 'mode'>): boolean => (mode & KIND) === DIRECTORY;

/** Reads what a helper says of a way: a line for each step, its path encoded as in a URL, and `whole` at its end. */
export function parseWay(text: string): Way {
  const lines = text.split('\n').filter((line) => line !== '');
  const steps = lines
    .filter((line) => line !== 'whole')
    .map((line) => {
      const [mode, uid, gid, path = ''] = line.split(' ');
      return { mode: Number(mode), uid: Number(uid), gid: Number(gid), path: decoded(path) };
    });
  return { steps, isWhole: lines.at(-1) === 'whole' };
}

/** A name that is not UTF-8 is shown as it is encoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * The first right on the way that its mode denies to the asker, as the kernel judges it: the owner by the owner's bits
 * alone, whoever is in the group by the group's. Undefined where the modes deny nothing: then an access list, an
 * attribute or the mount does, and so it is for root.
 * @param isWritten whether something is made or removed at its end; otherwise a file is read there
 */
export function missingRight(
  way: readonly WayStep[],
  asker: Asker,
  isWritten: boolean,
): MissingRight | undefined {
  if (asker.uid === 0) return undefined;
  const directories = way.filter(isDirectory);
  for (const step of way) {
    const wanted: Right[] = !isDirectory(step)
      ? isWritten
        ? []
        : ['read']
      : isWritten && step === directories.at(-1)
        ? ['enter', 'write']
        : ['enter'];
    const as = judgedAs(step, asker);
    const right = wanted.find((each) => !allows(step, as, each));
    if (right !== undefined) return { step, right, as };
  }
  return undefined;
}

export function judgedAs({ uid, gid }: WayStep, asker: Asker): MissingRight['as'] {
  if (uid === asker.uid) return 'owner';
  return asker.gids.includes(gid) ? 'group' : 'other';
}

export function allows({ mode }: WayStep, as: MissingRight['as'], right: Right): boolean {
  const shift = { owner: 6, group: 3, other: 0 }[as];
  return ((mode >> shift) & bits[right]) !== 0;
}

/** Who this process acts as. */
export const thisUser = (): Asker => ({
  uid: process.geteuid?.() ?? 0,
  gids: [process.getegid?.() ?? 0, ...(process.getgroups?.() ?? [])],
});
