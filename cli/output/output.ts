import { mapTexts, withChoice } from '../../state/environments/carry-choice.js';
import { type Outlet, outletOf } from './outlet.js';
import { paint, type Screen, screenOf } from './terminal.js';

/** How data is printed: for people, or for programs. */
export type Format = 'table' | 'json' | 'yaml';

/** The one way to the operator: data goes to stdout, everything else to stderr. */
export interface Output {
  /** The answer that the command was asked for. */
  data(text: string): void;
  /** What the command did or found on the way. */
  notice(text: string): void;
  /** A problem that the operator should solve, though the command goes on. */
  warn(text: string): void;
  /**
   * Has every command that is told from now on carry the options by which the operator chose an environment.
   * @param choice with a space in front; empty for none
   */
  carry(choice: string): void;
  /** A text whose commands carry them; told texts and tables do so by themselves. */
  carried(text: string): string;
  /** Resolves when everything was handed on: a pipe takes 64 KB at a time, and a process that exits drops the rest. */
  flushed(): Promise<void>;
  /** Where data goes, for its width. */
  readonly stdout: Screen;
  /** Where progress goes. */
  readonly stderr: Screen;
}

/** The output of this process. */
export function processOutput(): Output {
  return outputTo(outletOf(1), outletOf(2));
}

/** The output to these two: data to the first, everything else to the second. */
export function outputTo(...outlets: readonly [Outlet, Outlet]): Output {
  const [stdout, stderr] = [screenOf(outlets[0]), screenOf(outlets[1])];
  const say = (text: string): void => (stderr.above ?? stderr.write)(text);
  let choice = '';
  const carried = (text: string): string => withChoice(text, choice);
  return {
    data: (text) => stdout.write(`${text}\n`),
    notice: (text) => say(`${carried(text)}\n`),
    warn: (text) => say(`${paint(stderr, 'yellow', 'warning:')} ${carried(text)}\n`),
    carry: (chosen) => {
      choice = chosen;
    },
    carried,
    flushed: async () => {
      await Promise.all(outlets.map((outlet) => outlet.flushed()));
    },
    stdout,
    stderr,
  };
}

/**
 * Prints `value` as JSON or YAML, or what `table` makes of it. The commands of a table carry the chosen environment, and
 * so does what a document advises, its `next`; whatever else stands in a document is as it is kept.
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
      return output.data(JSON.stringify(withAdvice(output, value), null, 2));
    case 'yaml': {
      const { renderYaml } = await import('../../state/yaml/render-yaml.js');
      return output.data(renderYaml(withAdvice(output, value)).trimEnd());
    }
    case 'table':
      return output.data(output.carried(table(output.stdout.columns).join('\n')));
  }
}

/** A document whose advice carries the chosen environment: people copy it from there, too. */
export function withAdvice({ carried }: Pick<Output, 'carried'>, value: unknown): unknown {
  return mapTexts(value, (text, key) => (key === 'next' ? carried(text) : text));
}
