import { setTimeout as sleep } from 'node:timers/promises';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { environmentNames } from '../../state/environments/environments-file.js';
import { paths, unitOfNode } from '../../state/model/paths.js';
import type { ExitCode, Invocation } from '../invocation.js';
import { withUncheckedSession } from '../session.js';

/** Milliseconds: nobody waits longer for a completion. */
const PATIENCE = 1_500;

/** Prints the names there are of a kind. Where they cannot be had, there are none: a shell shows no errors. */
export async function complete(kind: string, invocation: Invocation): Promise<ExitCode> {
  const late = sleep(PATIENCE, [], { ref: false });
  const names = await Promise.race([namesOf(kind, invocation).catch(() => []), late]);
  if (names.length > 0) invocation.output.data(names.join('\n'));
  return 0;
}

async function namesOf(kind: string, invocation: Invocation): Promise<readonly string[]> {
  if (kind === 'environments') return environmentNames();
  return withUncheckedSession(invocation, async ({ coordinator }) => list(kind, coordinator));
}

async function list(kind: string, coordinator: Coordinator): Promise<readonly string[]> {
  switch (kind) {
    case 'services':
      return (await coordinator.children(paths.services)) ?? [];
    case 'units':
      return ((await coordinator.children(paths.units)) ?? []).map(unitOfNode);
    case 'machines':
      return (await coordinator.children(paths.machines)) ?? [];
    default:
      return [];
  }
}
