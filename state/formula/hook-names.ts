import { type RelationRole, relationRoles } from './relation-roles.js';

/** The hooks of a unit's own life. */
export const unitHooks = [
  'install',
  'config-changed',
  'start',
  'stop',
  'upgrade-formula',
  'revert-formula',
  'busy-check',
  'upgrade-pending',
  'health-check',
] as const;

/** The events of a relation; each has the hook `<relation>-relation-<event>`. */
export const relationEvents = ['joined', 'changed', 'departed', 'broken'] as const;

/** Every hook that the agent may ever run for this formula. Other files in `hooks/` are the author's business. */
export function hookNames(metadata: Readonly<Record<RelationRole, object>>): readonly string[] {
  const relations = relationRoles.flatMap((role) => Object.keys(metadata[role]));
  return [
    ...unitHooks,
    ...relations.flatMap((relation) => relationEvents.map((event) => `${relation}-relation-${event}`)),
  ];
}

/** The name of the file directly in `hooks/` that a path of a formula is; undefined of any other path. */
export function hookIn(path: string): string | undefined {
  return /^hooks\/([^/]+)$/.exec(path)?.[1];
}
