import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { openCoordinator } from '../../../state/coordination/open.js';
import { nodeValue } from '../../../state/model/entity.js';
import { bootstrapTree } from '../../../state/model/layout.js';
import { paths } from '../../../state/model/paths.js';
import type { UnitStatus } from '../../../state/model/unit-schemas.js';
import { createService } from '../../../state/model/services.js';

/** The instant that tests stamp things with. */
export const now = '2026-01-01T00:00:00.000Z';

export const requester = { requestedAt: now, by: 'operator@test' };

/** A bootstrapped tree in the embedded store, and two sessions on it: two operators. */
export interface Tree {
  readonly one: Coordinator;
  readonly two: Coordinator;
}

/** Gives every test of the suite it is called in a tree of its own. */
export function useTree(): Tree {
  let directory: string;
  let sessions: Coordinator[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-model-'));
    sessions = [
      await openCoordinator(`embedded:${directory}`),
      await openCoordinator(`embedded:${directory}`),
    ];
    await bootstrapTree(session(0));
  });
  afterEach(async () => {
    await Promise.all(sessions.map((each) => each.close()));
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  });
  function session(index: number): Coordinator {
    const found = sessions[index];
    if (found === undefined) throw new Error('the tree is there within tests only');
    return found;
  }
  return {
    get one() {
      return session(0);
    },
    get two() {
      return session(1);
    },
  };
}

/** Registers a machine as its agent does. */
export async function addMachine(coordinator: Coordinator, name: string, up = true): Promise<void> {
  await coordinator.create(paths.machine(name), nodeValue({ hostname: name, kept: { units: 0, bytes: 0 } }));
  await coordinator.create(paths.machineUnits(name), '{}');
  if (up) {
    const presence = nodeValue({ pid: 1, version: '0.1.0', since: now });
    await coordinator.create(paths.agent(name), presence, { ephemeral: true });
  }
}

export async function addService(coordinator: Coordinator, name: string): Promise<void> {
  const service = { formula: `principia:${name}-1`, repository: { name: 'principia', path: '/principia' } };
  await createService(coordinator, name, service, {});
}

export async function report(
  coordinator: Coordinator,
  unit: string,
  state: UnitStatus['state'],
): Promise<void> {
  await coordinator.set(paths.status(unit), nodeValue({ state, since: now, message: '' }));
}

/** Every path of the tree, sorted: to see that nothing was left, or nothing done. */
export async function allPaths(coordinator: Coordinator, path = '/'): Promise<readonly string[]> {
  const children = (await coordinator.children(path)) ?? [];
  const below = await Promise.all(
    children.map((child) => allPaths(coordinator, path === '/' ? `/${child}` : `${path}/${child}`)),
  );
  return [...(path === '/' ? [] : [path]), ...below.flat()].sort();
}
