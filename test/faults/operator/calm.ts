import { setTimeout as pause } from 'node:timers/promises';
import { statusDocument } from '../../../control/status/make-status-document.js';
import type { StatusDocument } from '../../../control/status/status-document.js';
import { readSnapshot } from '../../../control/status/snapshot.js';
import { Broken, type Scene } from './scene.js';

/** Has the operator type `status`, which always answers. */
export async function typeStatus(scene: Scene): Promise<StatusDocument> {
  const { code, stdout, stderr } = await scene.types(['status', '--format', 'json']);
  if (code !== 0) throw new Broken('status always answers', stderr);
  return JSON.parse(stdout);
}

/** The same document without a process, for those who look again and again. */
export async function readStatus({ world }: Scene): Promise<StatusDocument> {
  return statusDocument('world', await readSnapshot(world.coordinator));
}

/** What is under way, as `status` shows it: units that are neither started nor in error, upgrades, ends. */
export function underWay({ services, relations, machines }: StatusDocument): readonly string[] {
  const ofServices = Object.entries(services).flatMap(([service, { destroying, units }]) => [
    ...(destroying ? [`${service} is being destroyed`] : []),
    ...Object.entries(units).flatMap(([unit, { state, message, upgrade, machine, relations: states }]) => [
      ...(state === 'started' || state.endsWith('-error')
        ? []
        : [`${unit} on ${machine} is ${state}: ${message}`]),
      ...(upgrade === undefined ? [] : [`${unit} upgrades: ${JSON.stringify(upgrade)}`]),
      ...Object.entries(states).flatMap(([name, its]) =>
        its === 'down' ? [`${unit}: ${name} is down`] : [],
      ),
    ]),
  ]);
  const ofRelations = Object.entries(relations).flatMap(([id, { endpoints, removing }]) =>
    removing ? [`relation ${id} of ${endpoints.join(' and ')} is going`] : [],
  );
  const ofMachines = Object.entries(machines).flatMap(([name, { agent }]) =>
    agent === 'up' ? [] : [`${name} is down`],
  );
  return [...ofServices, ...ofRelations, ...ofMachines];
}

/** What waits for an operator. */
export function inError({ services }: StatusDocument): readonly string[] {
  return Object.values(services).flatMap(({ units }) =>
    Object.entries(units).flatMap(([unit, { state, relationErrors = {} }]) => [
      ...(state.endsWith('-error') ? [`${unit}: ${state}`] : []),
      ...Object.keys(relationErrors).map((relation) => `${unit}: ${relation} in error`),
    ]),
  );
}

/** What is in error though no hook failed that was to fail, which exits with 3. */
export function strangeErrors({ services }: StatusDocument): readonly string[] {
  return Object.values(services).flatMap(({ units }) =>
    Object.entries(units).flatMap(([unit, { state, message, relationErrors = {} }]) => [
      ...(state.endsWith('-error') && !/exit status 3/.test(message)
        ? [`${unit}: ${state}: ${message}`]
        : []),
      ...Object.entries(relationErrors)
        .filter(([, error]) => !/exit status 3/.test(error.message))
        .map(([relation, error]) => `${unit}: ${relation}: ${error.message}`),
    ]),
  );
}

/** Waits until nothing is under way but what waits for an operator, or so many milliseconds. */
export async function untilCalm(scene: Scene, within: number): Promise<void> {
  const end = performance.now() + within;
  for (;;) {
    const status = await readStatus(scene);
    if (underWay(status).length === 0 || performance.now() > end) return;
    await pause(200);
  }
}
