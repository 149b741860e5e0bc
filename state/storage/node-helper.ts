import type { Stats } from 'node:fs';
import type { HelperRequest } from './helper-protocol.js';

/** The helper where there is no perl, for `node --eval`: it needs no file, which another user might be unable to read. */
export const nodeHelper = (): string => `(${main.toString()})()`;

/**
 * Does what it is asked in a directory that may hang (a network mount that is away, a disk that does not answer), so
 * that it can be ended with it. It is run as its own text: nothing of this module is there.
 */
function main(): void {
  const fs = process.getBuiltinModule('node:fs');
  const path = process.getBuiltinModule('node:path');
  const files = fs.promises;
  const PIECE = 1024 * 1024;
  const FLUSHED_AFTER = 8 * PIECE;
  const IDLE = 120_000;

  const say = (frame: string): boolean => process.stdout.write(`${frame}\n`);
  const codeOf = (error: unknown): unknown =>
    error instanceof Error && 'code' in error ? error.code : undefined;

  async function flush(file: string): Promise<void> {
    // For reading, as a directory cannot be opened otherwise.
    const handle = await files.open(file, 'r');
    await handle.sync().finally(() => handle.close());
  }

  /** With its missing parents, mode 0700, so that they survive a power cut. Others may make them, and remove what is empty. */
  async function makeDirectory(directory: string): Promise<void> {
    const parent = path.dirname(directory);
    for (let tries = 1; ; tries += 1) {
      try {
        await files.mkdir(directory, { mode: 0o700 });
        // A new directory is an entry of its parent.
        return await flush(parent);
      } catch (error) {
        const found = await files.stat(directory).catch(() => undefined);
        if (found?.isDirectory()) return;
        const link = await files.lstat(directory).catch(() => undefined);
        const isMissing = codeOf(error) === 'ENOENT';
        const mayPass = isMissing || (codeOf(error) === 'EEXIST' && link === undefined);
        if (!mayPass || tries === 100) throw error;
        const isOrphan = isMissing && !(await files.stat(parent).catch(() => undefined));
        if (isOrphan) await makeDirectory(parent);
      }
    }
  }

  class Strange extends Error {}

  /** What is no file may keep whoever opens it waiting, or never end. */
  function kindOf(found: Stats): string | undefined {
    if (found.isFile()) return undefined;
    if (found.isDirectory()) return 'a directory';
    if (found.isFIFO()) return 'a named pipe';
    if (found.isSocket()) return 'a socket';
    if (found.isSymbolicLink()) return 'a link to nothing';
    return 'a device';
  }

  /** The size of the file. */
  async function object(file: string): Promise<number> {
    const found = await files.stat(file).catch(async (error: unknown) => {
      const link = codeOf(error) === 'ENOENT' ? await files.lstat(file).catch(() => undefined) : undefined;
      if (link === undefined) throw error;
      return link;
    });
    const kind = kindOf(found);
    if (kind !== undefined) throw new Strange(kind);
    return found.size;
  }

  async function way(to: string): Promise<null> {
    let at = '';
    let links = 0;
    let said = '';
    const split = (each: string): string[] => each.split('/').filter((name) => name !== '');
    const names = ['', ...split(to)];
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const next = name === '' ? '' : path.join(at === '' ? '/' : at, name);
      const found = await files.lstat(next === '' ? '/' : next).catch(() => undefined);
      if (found === undefined) break;
      if (found.isSymbolicLink() && links < 40) {
        links += 1;
        const target = await files.readlink(next);
        if (target.startsWith('/')) at = '';
        names.unshift(...split(target));
        continue;
      }
      const shown = encodeURIComponent(next === '' ? '/' : next).replaceAll('%2F', '/');
      said += `${found.mode} ${found.uid} ${found.gid} ${shown}\n`;
      at = next === '/' ? '' : next;
      if (names.length === 0) said += 'whole\n';
    }
    const bytes = Buffer.from(said);
    say(`bytes ${bytes.length}`);
    process.stdout.write(bytes);
    return null;
  }

  async function remove(file: string): Promise<void> {
    await files.unlink(file).catch(async (error: unknown) => {
      const found = await files.lstat(file).catch(() => undefined);
      throw found?.isDirectory() ? new Strange('a directory') : error;
    });
  }

  async function read(file: string): Promise<number> {
    await object(file);
    const handle = await files.open(file, 'r');
    const buffer = Buffer.allocUnsafeSlow(PIECE);
    let size = 0;
    try {
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, PIECE);
        if (bytesRead === 0) return size;
        size += bytesRead;
        say(`bytes ${bytesRead}`);
        await new Promise((resolve) => process.stdout.write(buffer.subarray(0, bytesRead), resolve));
      }
    } finally {
      await handle.close();
    }
  }

  async function fetch(source: string, [destination = '', most = '0']: readonly string[]): Promise<number> {
    await object(source);
    const from = await files.open(source, 'r');
    try {
      const to = await files.open(destination, 'r+');
      try {
        const buffer = Buffer.allocUnsafeSlow(PIECE);
        for (let size = 0; ; ) {
          const { bytesRead } = await from.read(buffer, 0, PIECE);
          if (bytesRead === 0) return size;
          if (size + bytesRead > Number(most)) return size + bytesRead;
          for (let at = 0; at < bytesRead; )
            at += (await to.write(buffer, at, bytesRead - at, size + at)).bytesWritten;
          size += bytesRead;
          say(`at ${size}`);
        }
      } finally {
        await to.close();
      }
    } finally {
      await from.close();
    }
  }

  const turnTo = (to: string): boolean => say(`on ${encodeURIComponent(to)}`);
  /** What cannot be read is told by who reads it afterwards. */
  const seen = (to: string, look = files.stat): Promise<Stats | undefined> => {
    turnTo(to);
    return look(to).catch(() => undefined);
  };

  async function walk(to: string, [how, most = '0']: readonly string[]): Promise<null> {
    let left = Number(most);

    async function readThrough(file: string, limit: number): Promise<void> {
      const found = await seen(file);
      // One that is larger than may be is refused by its size.
      if (!found?.isFile() || found.size > limit || found.size > left) return;
      left -= found.size;
      const handle = await files.open(file, 'r').catch(() => undefined);
      if (handle === undefined) return;
      const buffer = Buffer.allocUnsafeSlow(PIECE);
      try {
        while ((await handle.read(buffer, 0, PIECE)).bytesRead > 0) turnTo(file);
      } catch {
        // As above.
      } finally {
        await handle.close();
      }
    }

    async function namesIn(directory: string): Promise<readonly string[]> {
      turnTo(directory);
      return files.readdir(directory).catch(() => []);
    }

    async function whole(directory: string): Promise<void> {
      for (const name of await namesIn(directory)) {
        if (/^\.(git|svn|hg|bzr)$/.test(name)) continue;
        const below = path.join(directory, name);
        const found = await seen(below, files.lstat);
        if (found?.isDirectory()) await whole(below);
        else if (found?.isFile()) await readThrough(below, left);
      }
    }

    const found = await seen(to);
    if (!found?.isDirectory()) {
      if (found !== undefined) await readThrough(to, left);
    } else if (how === 'whole') await whole(to);
    else
      for (const name of (await namesIn(to)).filter((each) => !each.startsWith('.'))) {
        const below = path.join(to, name);
        const there = await seen(below);
        if (there?.isFile() && /\.(tar\.gz|tgz)$/.test(name)) await readThrough(below, left);
        if (!there?.isDirectory() || (await namesIn(below)).length === 0) continue;
        for (const each of ['metadata.yaml', 'config.yaml', 'revision'])
          await readThrough(path.join(below, each), PIECE);
      }
    return null;
  }

  async function copy(source: string, others: readonly string[]): Promise<void> {
    const [temporary = '', target = '', abandonedBefore = '0'] = others;
    await makeDirectory(path.dirname(temporary));
    await makeDirectory(path.dirname(target));
    for (const name of await files.readdir(path.dirname(temporary))) {
      const old = path.join(path.dirname(temporary), name);
      const found = await files.stat(old).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < Number(abandonedBefore))
        await files.rm(old, { force: true });
    }
    try {
      await write(source, temporary);
      await move(temporary, target);
    } finally {
      // What cannot be removed now is removed later, as abandoned; the first error is the one to tell.
      await files.unlink(temporary).catch(() => undefined);
    }
  }

  async function write(source: string, temporary: string): Promise<void> {
    const from = await files.open(source, 'r');
    try {
      const mode = (await from.stat()).mode & 0o777;
      const to = await files.open(temporary, 'wx', mode);
      try {
        const buffer = Buffer.allocUnsafeSlow(PIECE);
        for (let unflushed = 0; ; ) {
          const { bytesRead } = await from.read(buffer, 0, PIECE);
          if (bytesRead === 0) break;
          for (let at = 0; at < bytesRead; ) at += (await to.write(buffer, at, bytesRead - at)).bytesWritten;
          unflushed += bytesRead;
          // So that no flush takes so long that it looks like one that hangs.
          if (unflushed >= FLUSHED_AFTER) await to.datasync().then(() => (unflushed = 0));
          say('alive');
        }
        await to.chmod(mode);
        await to.sync();
      } finally {
        await to.close();
      }
    } finally {
      await from.close();
    }
  }

  /** Gives the file its name unless the name is taken; never overwrites. */
  async function move(temporary: string, target: string): Promise<void> {
    try {
      await files.link(temporary, target);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return;
      // A file system without hard links (FAT, some network mounts). A rename could overwrite only an object that was
      // stored under the same key since the look just before: the same bytes.
      if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(String(codeOf(error)))) throw error;
      await files.rename(temporary, target);
    }
  }

  async function perform(work: string, [first = '', ...others]: readonly string[]): Promise<number | null> {
    switch (work as HelperRequest[0]) {
      case 'size':
        return object(first).catch((error: unknown) => {
          if (codeOf(error) === 'ENOENT') return null;
          throw error;
        });
      case 'way':
        return way(first);
      case 'read':
        return read(first);
      case 'fetch':
        return fetch(first, others);
      case 'copy':
        await copy(first, others);
        return null;
      case 'flush':
        await flush(first);
        return null;
      case 'walk':
        return walk(first, others);
      case 'remove':
        await remove(first);
        return null;
    }
  }

  async function answer(work: string, words: readonly string[]): Promise<void> {
    try {
      say(`done ${(await perform(work, words)) ?? '-'}`);
    } catch (error) {
      if (error instanceof Strange) return void say(`strange ${error.message}`);
      const number = error instanceof Error && 'errno' in error ? Math.abs(Number(error.errno)) : 0;
      say(`failed ${number} ${error instanceof Error ? error.message : error}`);
    }
  }

  const rest = setTimeout(() => process.argv.includes('stays') || process.exit(), IDLE).unref();
  let line = '';
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    line += text;
    if (!line.endsWith('\n')) return;
    const [work = '', ...words] = line.trim().split(' ').map(decodeURIComponent);
    line = '';
    rest.refresh();
    void answer(work, words);
  });
  // Whoever asks is gone. Node's own end would wait for what hangs.
  process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));
}
