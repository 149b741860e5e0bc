import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { HookOutcome } from '../../hooks/process/hook-run.js';
import type { CommandResult } from '../../state/model/commands.js';
import { nodeValue } from '../../state/model/entity.js';

/** Bytes of a command's output that are handed to who asked for it. */
const MOST_OUTPUT = 256 * 1024;

/** Characters the same may take as JSON, which writes some as six: the coordinator takes 1 MB at most. */
const MOST_TEXT = 512 * 1024;

/** The file in a run's directory that a command prints to. */
export function commandOutput(runDirectory: string): string {
  return join(runDirectory, 'output');
}

/** The beginning of what a command printed, and how many bytes came after it. */
export async function readOutput(
  file: string,
): Promise<{ readonly output: string; readonly leftOut: number }> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return { output: '', leftOut: 0 };
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, MOST_OUTPUT)));
    const output = fitting(whole(buffer.subarray(0, bytesRead), size).toString('utf8'));
    const leftOut = output.length === 0 ? size : Math.max(0, size - Buffer.byteLength(output));
    // A byte that is no UTF-8 is shown by a character of three bytes, so the difference is exact for text only.
    return { output, leftOut: size <= MOST_OUTPUT && !isCut(output, size) ? 0 : leftOut };
  } finally {
    await handle.close();
  }
}

/** Without the first bytes of a character that is cut. */
function whole(bytes: Buffer, size: number): Buffer {
  if (bytes.length === size) return bytes;
  let end = bytes.length;
  while (end > 0 && end > bytes.length - 4 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end > 0 && (bytes[end - 1] ?? 0) >= 0xc0 ? bytes.subarray(0, end - 1) : bytes;
}

function fitting(text: string): string {
  let end = text.length;
  while (nodeValue(text.slice(0, end)).length > MOST_TEXT) end = Math.floor(end / 2);
  return text.slice(0, end);
}

function isCut(output: string, size: number): boolean {
  return Buffer.byteLength(output) < size;
}

/** How a command's process ended, as who asked is told. */
export function describeEnd(
  outcome: HookOutcome,
): Pick<CommandResult, 'outcome' | 'exit' | 'signal' | 'reason'> {
  switch (outcome.kind) {
    case 'succeeded':
    case 'missing':
      return { outcome: 'exited', exit: 0 };
    case 'failed':
      return { outcome: 'exited', exit: outcome.exitCode };
    case 'killed':
      return outcome.signal === undefined
        ? { outcome: 'lost' }
        : { outcome: 'killed', signal: outcome.signal };
    case 'aborted':
      return { outcome: 'killed', signal: 'SIGTERM', reason: `aborted by ${outcome.by}` };
    case 'timed-out':
      return { outcome: 'timed-out' };
    case 'not-started':
      return { outcome: 'not-started' };
  }
}
