import { outletOf } from './outlet.js';
import { paint, type Screen, screenOf } from './terminal.js';

/** How data is printed: for people, or for programs. */
export type Format = 'table' | 'json' | 'yaml';

/** The one way to the operator: data goes to stdout, everything else to stderr. */
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

/** The output of this process. */
export function processOutput(): Output {
  const outlets = [outletOf(1), outletOf(2)] as const;
  const [stdout, stderr] = [screenOf(outlets[0]), screenOf(outlets[1])];
  const say = (text: string): void => (stderr.above ?? stderr.write)(text);
  return {
    data: (text) => stdout.write(`${text}\n`),
    notice: (text) => say(`${text}\n`),
    warn: (text) => say(`${paint(stderr, 'yellow', 'warning:')} ${text}\n`),
    flushed: async () => {
      await Promise.all(outlets.map((outlet) => outlet.flushed()));
    },
    stdout,
    stderr,
  };
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
      return output.data((await import('../../state/yaml/render-yaml.js')).renderYaml(value).trimEnd());
    case 'table':
      return output.data(table(output.stdout.columns).join('\n'));
  }
}
