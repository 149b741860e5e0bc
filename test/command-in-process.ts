import type { Outlet } from '../cli/output/outlet.js';
import { outputTo } from '../cli/output/output.js';
import { runLine } from '../cli/run-line.js';
import { withVariables } from '../state/platform/variables.js';
import { type CommandEnd, type Surroundings, startCommand } from './command-process.js';
import { ensembleProgram } from './programs.js';

/** Where this process is while it runs no command. */
const home = process.cwd();

/** The directory that commands are in now, and how many: a process is in one. */
let here: { readonly directory: string; commands: number } | undefined;

/**
 * Runs `ensemble …args` as the program does, but within this process, in a tenth of the processor time: for tests that
 * ask what a command does. Signals, terminals, crashes, and what Node or lmdb print by themselves, take a process:
 * `startCommand`. So does a command whose subject processes are, which gets one here.
 */
export async function runCommand(args: readonly string[], around: Surroundings): Promise<CommandEnd> {
  const { directory, variables } = around;
  if (isAboutProcesses(args, variables) || (here !== undefined && here.directory !== directory))
    return startCommand(ensembleProgram, args, around).ended;
  if (here === undefined) process.chdir(directory);
  const now = here ?? { directory, commands: 0 };
  here = now;
  now.commands += 1;
  const [stdout, stderr] = [collector(), collector()];
  try {
    const code = await withVariables(variables, () => runLine(args, outputTo(stdout.outlet, stderr.outlet)));
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    now.commands -= 1;
    if (now.commands === 0 && here === now) leaveCommands();
  }
}

/**
 * Goes back to where this process is otherwise, also where a command has not ended: that of a test that was given up stays in a
 * directory that is removed, and would have all tests after it fail.
 */
export function leaveCommands(): void {
  if (here === undefined) return;
  here = undefined;
  process.chdir(home);
}

/** Of others, commander, the AWS SDK or Node ask the process itself, or it did when it began, as for its faults. */
const CARRIED = new Set(['PATH', 'HOME', 'ENSEMBLE_HOME', 'ENSEMBLE_ENV', 'ENSEMBLE_OPERATOR', 'SUDO_USER']);

/** True if it ends its process by itself, looks who else has a store open, or is told something as a process only. */
function isAboutProcesses(args: readonly string[], variables: NodeJS.ProcessEnv): boolean {
  return (
    args[0] === '__refresh-notices' ||
    args[0] === 'debug-hooks' ||
    args.includes('--mend') ||
    args.includes('--debug') ||
    process.env.ENSEMBLE_REPOSITORY !== undefined ||
    Object.keys(variables).some((name) => !CARRIED.has(name))
  );
}

/** As a pipe is whose reader is quick. */
function collector(): { readonly outlet: Outlet; text(): string } {
  let all = '';
  const outlet: Outlet = {
    isTTY: false,
    columns: 0,
    rows: 0,
    write: (text) => {
      all += text;
    },
    flushed: () => Promise.resolve(),
  };
  return { outlet, text: () => all };
}
