import { endReadingByCtrlC } from '../state/formula/endable-while.js';
import { endProcess } from '../state/platform/end-process.js';
import { mayBeTerminal } from './output/outlet.js';
import { processOutput } from './output/output.js';
import { reportError } from './output/report-error.js';
import { runLine } from './run-line.js';

/** Runs one command line as this process. @returns what the process exits with */
export function run(argv: readonly string[]): Promise<number> {
  const debug = argv.includes('--debug');
  silenceLibraries(debug);
  const output = processOutput();
  if (mayBeTerminal(0) || mayBeTerminal(2)) endReadingByCtrlC();
  // An error that nobody waited for, such as a lost connection's late answer, must not show a stack trace either.
  process.on('uncaughtException', (error) =>
    endProcess(reportError(error, output.stderr, debug, output.carried)),
  );
  return runLine(argv, output);
}

/**
 * Operators see no warnings of Node and of libraries, which are for developers; `--trace-warnings` still shows them.
 * Nor do they see the stacks that lmdb prints of errors which it throws as well.
 */
function silenceLibraries(debug: boolean): void {
  if (!debug) console.error = () => undefined;
  if (process.execArgv.includes('--trace-warnings')) return;
  process.removeAllListeners('warning');
  process.on('warning', () => undefined);
}
