import { writeExport } from '../export/write-export.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { withSession } from '../invocation/session.js';

/** Writes what the environment's state holds to a file. */
export async function exportState(file: string, invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async ({ coordinator, environment }) => {
    const nodes = await writeExport(coordinator, file);
    invocation.output.notice(`environment ${environment.name} is in ${file}: ${nodes} nodes`);
    return 0;
  });
}
