import { emptyTrace } from './invocation/trace.js';
import { tellAfter } from './notices/after-command.js';
import type { Output } from './output/output.js';
import { reportError } from './output/report-error.js';
import { runProgram } from './program.js';

/**
 * Runs one command line and tells the operator how it went. It leaves the process as it is: several may run in one.
 * @param argv what was typed after `ensemble`
 * @returns what the process shall exit with
 */
export async function runLine(argv: readonly string[], output: Output): Promise<number> {
  const trace = emptyTrace();
  let exitCode: number;
  try {
    exitCode = await runProgram(argv, output, trace);
  } catch (error) {
    exitCode = reportError(error, output.stderr, argv.includes('--debug'), output.carried);
  }
  await output.flushed();
  if (await tellAfter(trace, exitCode, output)) await output.flushed();
  return exitCode;
}
