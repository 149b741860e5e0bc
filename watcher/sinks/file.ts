import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { SinkRules } from '../../state/environments/watcher-section.js';
import type { StoredAnnouncement } from '../../state/model/watcher-delivery.js';
import { acknowledged, type Attempt, failed } from './sink.js';

type File = Extract<SinkRules, { kind: 'file' }>;

const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR } = constants;

/**
 * Appends an announcement as a line of JSON and flushes it to the disk. The file is opened each time, so that it may be
 * rotated; a line that was cut short, as by a full disk, ends before the next one begins.
 */
export async function appendTo({ file }: File, announcement: StoredAnnouncement): Promise<Attempt> {
  let handle: FileHandle | undefined;
  try {
    // A pipe that nobody reads would keep it waiting.
    handle = await open(file, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, 0o640);
    if (!(await handle.stat()).isFile()) return failed(`${file} is no ordinary file`, true);
    const line = `${(await endsInLine(handle)) ? '' : '\n'}${JSON.stringify(announcement)}\n`;
    await handle.appendFile(line);
    await handle.sync();
    return acknowledged;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return failed(`${file} cannot be written: ${code ?? message}`, true);
  } finally {
    await handle?.close();
  }
}

async function endsInLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return true;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString('latin1') === '\n';
}
