import { fstatSync, statSync, writeSync } from 'node:fs';
import { endProcess } from '../../state/platform/end-process.js';
import { explainedBySystem } from '../../state/platform/system-errors.js';

/** One of the two outputs of this process, as far as `screenOf` cares what it is. */
export interface Outlet extends Pick<NodeJS.WriteStream, 'columns' | 'rows'> {
  /** Only where it is a terminal. */
  readonly isTTY?: boolean;
  write(text: string): void;
  /** Resolves when everything was handed on: a process that exits drops the rest. */
  flushed(): Promise<void>;
}

/**
 * The output behind a descriptor. To make a stream of it takes Node 4 ms, a sixth of a command's start: pipes, files and
 * /dev/null are written to without. A reader that has gone away (`| head`) ends the command quietly.
 */
export function outletOf(descriptor: 1 | 2): Outlet {
  let stream: NodeJS.WriteStream | undefined;

  function asStream(): NodeJS.WriteStream {
    if (stream !== undefined) return stream;
    stream = descriptor === 1 ? process.stdout : process.stderr;
    stream.on('error', refused);
    return stream;
  }

  if (mayBeTerminal(descriptor)) asStream();

  return {
    get isTTY() {
      return stream?.isTTY === true;
    },
    get columns() {
      return asStream().columns;
    },
    get rows() {
      return asStream().rows;
    },
    write: (text) => {
      const rest = stream === undefined ? writeAtOnce(descriptor, Buffer.from(text)) : text;
      if (rest.length > 0) asStream().write(rest);
    },
    flushed: () =>
      // An empty write is answered after all that were made before it.
      new Promise((resolve) => {
        if (stream === undefined) resolve();
        else stream.write('', () => resolve());
      }),
  };
}

/** True unless a descriptor is a pipe, a file or /dev/null: told without a stream, which takes milliseconds to make. */
export function mayBeTerminal(descriptor: number): boolean {
  const output = fstatSync(descriptor);
  return output.isCharacterDevice() && output.rdev !== statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
}

/** @returns what a reader that is slower than this process cannot take yet, where nobody shall wait for it */
function writeAtOnce(descriptor: number, bytes: Buffer): Buffer {
  let rest = bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return rest;
    refused(error as NodeJS.ErrnoException);
    return Buffer.alloc(0);
  }
  return rest;
}

/** Nobody reads the rest: the command ends, without a word. */
function refused(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw explainedBySystem(error, 'the place that its output goes to');
  endProcess(0);
}
