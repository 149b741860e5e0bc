import { removeMachines } from '../../state/model/machine-removal.js';
import { namesOf } from '../follow/summary.js';
import type { ExitCode, Invocation } from '../invocation.js';
import { withSession } from '../session.js';

/** Forgets machines that are not used any more: all of them, or none. */
export async function forgetMachines(names: readonly string[], invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async ({ coordinator }) => {
    await removeMachines(coordinator, names);
    invocation.output.notice(`removed ${namesOf(names)}`);
    return 0;
  });
}
