import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { NodeExists, NodeNotEmpty, NodeNotFound, VersionConflict } from '../../state/coordination/errors.js';
import { readEntities } from '../../state/model/entity.js';
import { servicesWithHistory } from '../../state/model/history.js';
import { historySchema } from '../../state/model/history-entry.js';
import { keepRecordedNumber } from '../../state/model/numbers.js';
import { paths } from '../../state/model/paths.js';

/** The services that are gone and of which nothing is on record since `before`, an ISO instant. @throws NodeInvalid */
export async function forgottenServices(
  coordinator: Coordinator,
  before: string,
): Promise<readonly string[]> {
  const recorded = await servicesWithHistory(coordinator);
  const standing = new Set(await coordinator.children(paths.services));
  const gone = recorded.filter((service) => !standing.has(service));
  const old = await Promise.all(
    gone.map(async (service) => {
      const own = paths.serviceHistory(service);
      const units = ((await coordinator.children(own)) ?? []).map((unit) => `${own}/${unit}`);
      const histories = await readEntities(coordinator, [own, ...units], historySchema);
      return histories.flatMap((found) => found?.value.entries ?? []).every(({ at }) => at < before);
    }),
  );
  return gone.filter((_, index) => old[index]);
}

/** Its units' numbers stay used. @returns false where something was put on record meanwhile */
export async function removeHistory(coordinator: Coordinator, service: string): Promise<boolean> {
  const kept = await keepRecordedNumber(coordinator, service);
  return removeWithChildren(coordinator, paths.serviceHistory(service), paths.service(service), kept);
}

/** The machines that are gone and whose logs are kept. */
export async function machinesWithLogsOnly(coordinator: Coordinator): Promise<readonly string[]> {
  const logged = (await coordinator.children(paths.logs)) ?? [];
  const standing = new Set(await coordinator.children(paths.machines));
  return logged.filter((machine) => !standing.has(machine));
}

/** @returns false where the machine is there again */
export function removeLogs(coordinator: Coordinator, machine: string): Promise<boolean> {
  return removeWithChildren(coordinator, paths.machineLogs(machine), paths.machine(machine));
}

/**
 * @param unless the node that must not stand
 * @param kept what is written in the same transaction
 */
async function removeWithChildren(
  coordinator: Coordinator,
  path: string,
  unless: string,
  kept: readonly Operation[] = [],
): Promise<boolean> {
  const node = await coordinator.get(path);
  const children = (await coordinator.children(path)) ?? [];
  const nodes = await coordinator.getMany(children.map((name) => `${path}/${name}`));
  if (node === undefined || (await coordinator.get(unless)) !== undefined) return false;
  try {
    await coordinator.transaction([
      ...kept,
      ...children.map((name, index): Operation => {
        const version = nodes[index]?.version;
        return { kind: 'remove', path: `${path}/${name}`, ...(version !== undefined && { version }) };
      }),
      { kind: 'remove', path, version: node.version },
    ]);
    return true;
  } catch (error) {
    // Somebody writes there: it is no longer what nobody needs.
    const used = [VersionConflict, NodeNotFound, NodeNotEmpty, NodeExists].some(
      (kind) => error instanceof kind,
    );
    if (used) return false;
    throw error;
  }
}
