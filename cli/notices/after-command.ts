import type { Trace } from '../invocation/trace.js';
import type { Output } from '../output/output.js';
import { mayTell } from './allowed.js';
import { ownVariables } from '../../state/platform/variables.js';

/**
 * Tells, once a command is done, what newer revisions there are, and has somebody look for more where that is due. It reads
 * one file; it waits for nobody, and whatever goes wrong with it is no matter of the command.
 * @returns whether something was printed
 */
export async function tellAfter(trace: Trace, exitCode: number, output: Output): Promise<boolean> {
  const { environment, command } = trace;
  if (environment === undefined) return false;
  const [stdout, stderr] = [output.stdout.isTerminal, output.stderr.isTerminal];
  const { notices } = environment;
  const isAllowed = mayTell({ stdout, stderr, variables: ownVariables(), notices, command, exitCode });
  // What the command upgraded is known no longer to be behind, wherever the command ran.
  if (!isAllowed && trace.given.size === 0) return false;
  try {
    // Most commands are in no terminal.
    const { tell } = await import('./tell.js');
    return await tell(environment, trace, isAllowed, output);
  } catch {
    return false;
  }
}
