import { bootstrapEnvironment, type KeptLess, keptLess } from '../../control/environment/bootstrap.js';
import { someOf } from '../../control/names-of.js';
import { setKeepRemoved } from '../../control/prune/kept.js';
import type { Requester } from '../../state/model/requester.js';
import { join } from 'node:path';
import { systemClock } from '../../state/platform/clock.js';
import { writeFirstEnvironments } from '../../state/environments/environments-file.js';
import { ensembleHome } from '../../state/environments/home.js';
import { formatBytes } from '../../state/platform/format-bytes.js';
import { NotConfirmed } from '../output/errors.js';
import type { Output } from '../output/output.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { formatTime } from '../output/durations.js';
import { requester } from '../invocation/requester.js';
import { agentCommand } from '../../control/start-advice.js';
import { chosenEnvironment, warnOf, withUncheckedSession } from '../invocation/session.js';
import { ownVariables } from '../../state/platform/variables.js';

/** The environment that the first file has. */
const FIRST = 'local';

export interface BootstrapOptions {
  readonly mend?: boolean;
  readonly yes?: boolean;
}

/** Makes an environment ready: the file where there is none, the storage, the tree. */
export async function bootstrap(
  { mend, yes = false }: BootstrapOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { globals, output } = invocation;
  const name = globals.environment ?? (ownVariables().ENSEMBLE_ENV || FIRST);
  if (name === FIRST && globals.state === undefined && (await writeFirstEnvironments())) {
    output.notice(`wrote ${join(ensembleHome(), 'environments.yaml')}`);
  }
  if (mend) await mendState(invocation);
  return withUncheckedSession<ExitCode>(
    invocation,
    async (session) => {
      const { coordinator, environment, choice = '' } = session;
      warnOf(environment, invocation);
      const by = (): Requester => requester(systemClock.now());
      const { made, closed } = await bootstrapEnvironment(session, by);
      if (closed.length > 0)
        output.notice(`anyone could write to ${someOf(closed, 'nodes')}; now only who has the secret can`);
      output.notice(`environment ${environment.name} is ready${made ? '' : ' already'}`);
      output.notice(`  state    ${environment.state}\n  storage  ${environment.storage}`);
      const { keepRemoved } = environment;
      if (keepRemoved !== undefined) {
        const going = await keptLess(coordinator, keepRemoved);
        if (going !== undefined && !yes) throw new NotConfirmed(whatGoes(going, keepRemoved));
        const before = await setKeepRemoved(coordinator, keepRemoved, by());
        if (before !== undefined) tellKeepRemoved(going, keepRemoved, output);
      }
      if (made) {
        output.notice(`next, on each machine that shall run units:\n  ${agentCommand(session)}`);
        output.notice(
          `then, with a directory of formulas:\n  ensemble deploy${choice} --repository DIRECTORY FORMULA`,
        );
      }
      return 0;
    },
    { begins: true },
  );
}

async function mendState(invocation: Invocation): Promise<void> {
  const { state } = await chosenEnvironment(invocation);
  if (!state.startsWith('embedded:')) throw invocation.misuse('--mend is for an embedded state');
  const mended = await (await import('../../state/coordination/embedded/mend.js')).mendStore(state);
  if (mended === undefined) {
    invocation.output.notice('the state is not damaged: it stays as it is');
    return;
  }
  const { reason, nodes, kept } = mended;
  invocation.output.notice(
    `the state was damaged (${reason}) and was made anew from the ${nodes} nodes it holds`,
  );
  invocation.output.notice(`the damaged file is kept: ${kept}`);
}

/** What is kept already follows the new time, and what is older goes at once: too late for a warning afterwards. */
function whatGoes(
  { units, bytes, machines }: KeptLess,
  keepRemoved: number,
): { readonly what: string; readonly parts: readonly string[] } {
  const older = keepRemoved === 0 ? '' : `, as far as it is older than ${formatTime(keepRemoved)}`;
  return {
    what: `what removed units left${older}`,
    parts: [
      `${units} unit${units === 1 ? '' : 's'} with ${formatBytes(bytes)} on ${someOf(machines, 'machines')}`,
    ],
  };
}

function tellKeepRemoved(going: KeptLess | undefined, keepRemoved: number, output: Output): void {
  output.notice(
    keepRemoved === 0
      ? 'what removed units leave is not kept'
      : `what removed units leave is kept for ${formatTime(keepRemoved)}`,
  );
  if (going === undefined) return;
  const { what, parts } = whatGoes(going, keepRemoved);
  output.notice(`${what} goes now: ${parts.join(', ')}`);
}
