import { defineError, EnsembleError } from './errors.js';
import { ownDenial } from './own-denial.js';
import type { Asker } from './rights.js';

const reasons: Readonly<Record<string, readonly [reason: string, next: string]>> = {
  EACCES: ['permission denied', 'run it as the user who owns that, or choose another place'],
  EPERM: ['permission denied', 'run it as the user who owns that, or choose another place'],
  EROFS: ['the file system is read-only', 'mount it writable, or choose another place'],
  ENOSPC: ['the disk is full', 'make room there, and run the same command again'],
  EDQUOT: ['the disk quota is used up', 'make room there, and run the same command again'],
  ENOTDIR: ['a part of its path is a file, not a directory', 'check the path'],
  EISDIR: ['it is a directory', 'check the path'],
  EEXIST: ['a file is in its place', 'move that aside, or choose another place'],
  // Directories are made one by one, so it is not its parent that is missing: such as below /proc.
  'ENOENT mkdir': ['no directory can be made there', 'choose another place'],
  ENOENT: ['it does not exist', 'check the path'],
  ELOOP: ['its links go in a circle', 'check the path'],
  ENAMETOOLONG: ['its name is too long', 'choose a shorter one'],
  EMFILE: ['this process has too many open files', 'raise its limit: ulimit -n'],
  ENFILE: ['the machine has too many open files', 'raise its limit: sysctl fs.file-max'],
  EIO: ['input/output error', 'check the disk'],
};

/** The operating system refused a file or directory that a command or an agent needs. */
export class SystemRefused extends defineError<{ path: string; reason: string; next: string }>(
  'system-refused',
  ({ path, reason }) => `${path} cannot be used: ${reason}`,
  ({ next }) => next,
) {}

/**
 * Explains an error of the operating system to an operator; any other error, which may be a bug, stays as it is.
 * @param place the thing that the error is about, if the system names no path, as for one that is open already
 * @param asker default: the user of this process
 */
export function explainedBySystem(error: unknown, place?: string, asker?: Asker): unknown {
  if (!(error instanceof Error) || error instanceof EnsembleError) return error;
  const { code, syscall, path }: NodeJS.ErrnoException = error;
  const known =
    syscall === undefined || code === undefined
      ? undefined
      : (reasons[`${code} ${syscall}`] ?? reasons[code]);
  if (known === undefined) return error;
  const isDenied = code === 'EACCES' || code === 'EPERM';
  const own = isDenied && path !== undefined ? ownDenial(path, asker) : undefined;
  const [reason, next] = own === undefined ? known : [own.reason, own.next];
  return new SystemRefused({ path: path ?? place ?? `a file (${syscall})`, reason, next }, { cause: error });
}
