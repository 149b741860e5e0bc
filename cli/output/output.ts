import { explainedBySystem } from '../../state/system-errors.js';
import { paint, type Screen, screenOf } from './terminal.js';

/** How data is printed: for people, or for programs. */
export type Format = 'table' | 'json' | 'yaml';

/** The one way to the operator: data goes to stdout, everything else to stderr (DESIGN §9). */
export interface Output {
  /** What the command was asked for. */
  data(text: string): void;
  /** What the command did or found on the way. */
  notice(text: string): void;
  /** What the operator should do something about, though the command goes on. */
  warn(text: string): void;
  /** Resolves when everything was handed on: a pipe takes 64 KB at a time, and a process that exits drops the rest. */
  flushed(): Promise<void>;
  /** Where data goes, for its width. */
  readonly stdout: Screen;
  /** Where progress goes. */
  readonly stderr: Screen;
}

/** The output of this process. A reader that has gone away (`| head`) ends the command quietly. */
export function processOutput(): Output {
  const stdout = screenOf(process.stdout);
  const stderr = screenOf(process.stderr);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      throw explainedBySystem(error, 'the place that its output goes to');
    });
  }
  return {
    data: (text) => stdout.write(`${text}\n`),
    notice: (text) => stderr.write(`${text}\n`),
    warn: (text) => stderr.write(`${paint(stderr, 'yellow', 'warning:')} ${text}\n`),
    flushed: async () => {
      await Promise.all([process.stdout, process.stderr].map(flush));
    },
    stdout,
    stderr,
  };
}

/** An empty write is answered after all that were made before it. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

/**
 * Prints `value` as JSON or YAML, or what `table` makes of it.
 * @param table the lines for people, given the columns there are
 */
export async function printData(
  output: Output,
  format: Format,
  value: unknown,
  table: (columns: number) => readonly string[],
): Promise<void> {
  switch (format) {
    case 'json':
      return output.data(JSON.stringify(value, null, 2));
    case 'yaml':
      return output.data((await import('yaml')).stringify(value, { lineWidth: 0 }).trimEnd());
    case 'table':
      return output.data(table(output.stdout.columns).join('\n'));
  }
}
