import { environmentContents, removeTree } from '../../control/remove/remove-environment.js';
import { systemClock } from '../../state/platform/clock.js';
import { AgentsUp, NotConfirmed } from '../output/errors.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSessionOfAny } from '../invocation/session.js';

export interface DestroyOptions {
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** Removes everything from an environment's state, once the operator has said that it is meant; also what was begun only. */
export async function destroyEnvironment(
  { yes = false, force = false }: DestroyOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  return withSessionOfAny<ExitCode>(invocation, async ({ coordinator, environment }) => {
    const { services, units, relations, formulas, machines, up } = await environmentContents(coordinator);
    const counts = [
      counted(services, 'service'),
      counted(units, 'unit'),
      counted(relations, 'relation'),
      counted(formulas, 'formula'),
      counted(machines, 'machine'),
    ];
    if (!yes)
      throw new NotConfirmed({ what: `all that is in environment ${environment.name}`, parts: counts });
    if (up.length > 0 && !force) throw new AgentsUp({ environment: environment.name, machines: up });
    await removeTree(coordinator, requester(systemClock.now()));
    invocation.output.notice(`environment ${environment.name} is gone: ${counts.join(', ')}`);
    invocation.output.notice(
      `the stored formulas stay; remove them if no other environment uses them: ${environment.storage}`,
    );
    return 0;
  });
}

function counted(count: number, kind: string): string {
  return `${count} ${kind}${count === 1 ? '' : 's'}`;
}
