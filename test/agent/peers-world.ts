import { readFile } from 'node:fs/promises';
import { requestEntry } from '../../state/model/history-entry.js';
import { nodeOfUnit } from '../../state/model/paths.js';
import { flagUnits } from '../../control/upgrade/flag-units.js';
import type { Flag } from '../../state/model/request-schemas.js';
import { setFormula } from '../../control/rollout/set-formula.js';
import { requester, type World } from './world.js';

const EVENTS = ['joined', 'changed', 'departed', 'broken'];

/**
 * Publishes a revision of the formula `f` with these peers, by name. Each hook notes its revision, its event without
 * `-relation`, the remote unit and who is there.
 * @param bodies more lines of shell by hook
 */
export function publishPeers(
  world: World,
  revision: number,
  peers: readonly string[],
  bodies: Readonly<Record<string, string>> = {},
): Promise<string> {
  const relations = peers.flatMap((name) => EVENTS.map((event) => `${name}-relation-${event}`));
  const note = (hook: string): string =>
    `echo "${revision} ${hook.replace('-relation', '')} $ENSEMBLE_REMOTE_UNIT $([ -z "$ENSEMBLE_RELATION" ] || relation-list | tr '\\n' ' ')" | sed 's/ *$//' >>"$trace.told"`;
  const hooks = [...relations, 'upgrade-formula', 'revert-formula'];
  const sections = peers.length === 0 ? '' : `peers: {${peers.map((name) => `${name}: ring`).join(', ')}}\n`;
  return world.publish(revision, {
    hooks: {
      ...bodies,
      ...Object.fromEntries(hooks.map((hook) => [hook, `${note(hook)}\n${bodies[hook] ?? ''}`])),
    },
    files: { 'metadata.yaml': `name: f\nrevision: ${revision}\n${sections}` },
  });
}

/** Points the service `f` at a formula, as `upgrade-formula` does, and flags some units. */
export async function goTo(
  world: World,
  formula: string,
  units: readonly string[],
  flag: Partial<Flag> = {},
): Promise<void> {
  await setFormula(
    world.coordinator,
    'f',
    (service) =>
      service.formula === formula ? undefined : { ...service, previous: service.formula, formula },
    requestEntry(requester, { what: 'upgrade' }),
  );
  await flagUnits(world.coordinator, units, { ...requester, ...flag });
}

/** What the unit's hooks noted, e.g. `1 ring-joined f/1 f/1 f/2`. */
export async function noted(world: World, unit: string): Promise<readonly string[]> {
  const text = await readFile(world.path('trace', `${nodeOfUnit(unit)}.told`), 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1);
}
