import type { Coordinator } from '../../state/coordination/coordinator.js';
import { removeTree } from '../../control/remove/remove-environment.js';
import { readMachines } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { AgentsUp, NotConfirmed } from '../output/errors.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { withSession } from '../invocation/session.js';

export interface DestroyOptions {
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** Removes everything from an environment's state, once the operator has said that it is meant. */
export async function destroyEnvironment(
  { yes = false, force = false }: DestroyOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async ({ coordinator, environment }) => {
    const machines = await readMachines(coordinator);
    const counts = [...(await countAll(coordinator)), counted(machines.length, 'machine')];
    if (!yes)
      throw new NotConfirmed({ what: `all that is in environment ${environment.name}`, parts: counts });
    const up = machines.filter(({ agent }) => agent !== undefined).map(({ name }) => name);
    if (up.length > 0 && !force) throw new AgentsUp({ environment: environment.name, machines: up });
    await removeTree(coordinator);
    invocation.output.notice(`environment ${environment.name} is gone: ${counts.join(', ')}`);
    invocation.output.notice(
      `what is stored stays, remove it if no other environment uses it: ${environment.storage}`,
    );
    return 0;
  });
}

async function countAll(coordinator: Coordinator): Promise<readonly string[]> {
  const kinds = [
    [paths.services, 'service'],
    [paths.units, 'unit'],
    [paths.relations, 'relation'],
    [paths.formulas, 'formula'],
  ] as const;
  return Promise.all(
    kinds.map(async ([path, kind]) => counted((await coordinator.children(path))?.length ?? 0, kind)),
  );
}

function counted(count: number, kind: string): string {
  return `${count} ${kind}${count === 1 ? '' : 's'}`;
}
