import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FormulaEntryRefused, FormulaTooLarge } from '../errors.js';
import { defaultLimits } from '../limits.js';
import type { GitLocation } from './git-location.js';
import { type GitLimits, runGit } from './git-process.js';

/** A repository of git's on this machine, with what was fetched. */
export interface GitStore {
  readonly location: GitLocation;
  readonly directory: string;
  readonly limits: GitLimits;
}

/** Something in a tree of git's. */
export interface TreeEntry {
  /** As git has it: `100644`, `100755` a file, `120000` a link, `160000` a submodule. */
  readonly mode: string;
  readonly sha: string;
  /** In bytes; 0 of a submodule. */
  readonly size: number;
  readonly path: string;
}

/**
 * All that is in a tree, folders left out. Read from the objects as they are, so that no attribute of the repository
 * (`export-ignore`, `export-subst`, `eol`, filters) makes another thing of it.
 * @param tree a commit and a path: `3fa9…:formulas`
 * @returns undefined where there is no such tree
 */
export async function listObjects(store: GitStore, tree: string): Promise<readonly TreeEntry[] | undefined> {
  const { location, directory, limits } = store;
  const kind = await runGit({
    location,
    directory,
    limits,
    arguments: ['cat-file', '--batch-check=%(objecttype)'],
    input: `${tree}\n`,
  });
  if (kind.toString().trim() !== 'tree') return undefined;
  const listed = await runGit({
    location,
    directory,
    limits,
    arguments: ['ls-tree', '-r', '-l', '-z', '--full-tree', tree],
  });
  return listed
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const {
        mode = '',
        sha = '',
        size = '',
        path = '',
      } = /^(?<mode>\d+) \w+ (?<sha>[0-9a-f]+) +(?<size>\d+|-)\t(?<path>.*)$/s.exec(line)?.groups ?? {};
      return path === '' ? [] : [{ mode, sha, size: size === '-' ? 0 : Number(size), path }];
    });
}

/** Whole objects, in the order they are asked for; they are small. */
export async function readObjects(
  { location, directory, limits }: GitStore,
  shas: readonly string[],
): Promise<readonly Buffer[]> {
  const found: Buffer[][] = [];
  await readBatch({ location, directory, limits }, shas, {
    begin: () => {
      found.push([]);
    },
    piece: (bytes) => found.at(-1)?.push(bytes),
    end: () => undefined,
  });
  return found.map((pieces) => Buffer.concat(pieces));
}

/** A pointer of Git LFS, which stands in the place of a file. */
const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1\n';

/**
 * Writes entries of a tree into a directory that is empty.
 * @param where what they are of, for messages
 * @throws FormulaEntryRefused for a submodule or a pointer of Git LFS, FormulaTooLarge
 */
export async function writeObjects(
  store: GitStore,
  entries: readonly TreeEntry[],
  directory: string,
  where: string,
): Promise<void> {
  const refuse = (path: string, reason: string): never => {
    throw new FormulaEntryRefused({ path: `${where}/${path}`, reason });
  };
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  const { maxBytes, maxEntries } = defaultLimits;
  if (size > maxBytes)
    throw new FormulaTooLarge({ path: where, reason: `it has ${size} bytes, and may have ${maxBytes}` });
  if (entries.length > maxEntries)
    throw new FormulaTooLarge({
      path: where,
      reason: `it has ${entries.length} entries, and may have ${maxEntries}`,
    });
  for (const { mode, path } of entries) {
    if (mode === '160000') refuse(path, 'it is a submodule, and what is in that is not fetched');
    // A tree that no git made may hold anything.
    if (path.split('/').some((part) => ['', '.', '..', '.git'].includes(part)))
      refuse(path, 'its path is not safe');
    await mkdir(dirname(join(directory, path)), { recursive: true });
  }
  const pointers: string[] = [];
  const links = entries.filter(({ mode }) => mode === '120000');
  const files = entries.filter(({ mode }) => mode !== '120000');
  let next = 0;
  let open: { readonly stream: WriteStream; readonly path: string; start: string } | undefined;
  await readBatch(
    store,
    files.map(({ sha }) => sha),
    {
      begin: () => {
        const { path = '', mode } = files[next++] ?? {};
        const stream = createWriteStream(join(directory, path), {
          flags: 'wx',
          mode: mode === '100755' ? 0o755 : 0o644,
        });
        open = { stream, path, start: '' };
      },
      piece: (bytes) => {
        if (open === undefined) return;
        if (open.start.length < LFS_POINTER.length)
          open.start += bytes.subarray(0, LFS_POINTER.length - open.start.length).toString('latin1');
        open.stream.write(bytes);
      },
      end: async () => {
        if (open === undefined) return;
        const { stream, path, start } = open;
        await new Promise<void>((resolve, reject) => {
          stream.on('error', reject);
          stream.end(resolve);
        });
        if (start === LFS_POINTER) pointers.push(path);
      },
    },
  );
  const [pointer] = pointers;
  if (pointer !== undefined)
    refuse(pointer, 'it is a pointer of Git LFS, and not the file that it stands for');
  const targets = await readObjects(
    store,
    links.map(({ sha }) => sha),
  );
  for (const [index, { path }] of links.entries())
    await symlink((targets[index] ?? Buffer.alloc(0)).toString('utf8'), join(directory, path));
}

interface Receiver {
  begin(): void;
  piece(bytes: Buffer): void;
  /** Awaited before the next object begins. */
  end(): void | Promise<void>;
}

/** Cuts what `git cat-file --batch` prints into objects: a line with the size, as many bytes, a newline. */
async function readBatch(
  { location, directory, limits }: GitStore,
  shas: readonly string[],
  receiver: Receiver,
): Promise<void> {
  if (shas.length === 0) return;
  let head = Buffer.alloc(0);
  let left = -1;
  let failed: unknown;
  let done: Promise<void> = Promise.resolve();
  const steps: (() => void | Promise<void>)[] = [];
  const flush = (): void => {
    const queued = steps.splice(0);
    done = done.then(async () => {
      for (const step of queued) await step();
    });
    done.catch((error: unknown) => {
      failed = error;
    });
  };
  await runGit({
    location,
    directory,
    limits,
    arguments: ['cat-file', '--batch'],
    input: `${shas.join('\n')}\n`,
    tooMuch: () => (failed === undefined ? undefined : 'what it holds cannot be written'),
    onOutput: (piece) => {
      let bytes = piece;
      while (bytes.length > 0) {
        if (left < 0) {
          const newline = bytes.indexOf(10);
          head = Buffer.concat([head, newline < 0 ? bytes : bytes.subarray(0, newline)]);
          if (newline < 0) return;
          bytes = bytes.subarray(newline + 1);
          left = Number(/ (\d+)$/.exec(head.toString('latin1'))?.[1] ?? 0);
          head = Buffer.alloc(0);
          steps.push(() => receiver.begin());
        }
        const taken = bytes.subarray(0, left);
        if (taken.length > 0) steps.push(() => receiver.piece(taken));
        left -= taken.length;
        bytes = bytes.subarray(taken.length);
        // The newline behind the object.
        if (left === 0 && bytes.length > 0) {
          bytes = bytes.subarray(1);
          left = -1;
          steps.push(() => receiver.end());
        }
      }
      flush();
    },
  });
  flush();
  await done;
}
