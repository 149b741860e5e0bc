import { EnsembleError, type ErrorExitCode } from '../../state/platform/errors.js';
import { explainedBySystem } from '../../state/platform/system-errors.js';
import { paint, type Screen } from './terminal.js';

/**
 * Tells the operator how a command failed, and says what it exits with. What is no `EnsembleError` is a fault of
 * Ensemble itself; its stack is of use to nobody but its makers, so it is shown only with `--debug`.
 * @param carried has the commands of a text go to the environment that was chosen
 */
export function reportError(
  thrown: unknown,
  screen: Screen,
  debug: boolean,
  carried: (text: string) => string = (text) => text,
): ErrorExitCode {
  const error = explainedBySystem(thrown);
  const prefix = paint(screen, 'red', 'ensemble:');
  if (error instanceof EnsembleError) {
    // On a full disk lmdb has written to the screen by itself, and not ended its line.
    if (error.cause instanceof Error && 'code' in error.cause && error.cause.code === 28) screen.write('\n');
    screen.write(`${prefix} ${carried(error.message)}\n`);
    if (error.next !== undefined) screen.write(`  try: ${carried(error.next)}\n`);
    if (debug) screen.write(`${describe(error)}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  screen.write(`${prefix} unexpected: ${message.split('\n', 1)[0]}\n`);
  if (debug) screen.write(`${describe(error)}\n`);
  else screen.write('  try: the same command with --debug, and report what it shows\n');
  return 1;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
