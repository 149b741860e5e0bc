import { defineError } from '../../state/platform/errors.js';

/** A hook named a relation that its unit is not in. */
export class HookRelationUnknown extends defineError<{
  relation: string;
  /** The ids of those the unit is in. */
  known: readonly string[];
}>(
  'hook-relation-unknown',
  ({ relation, known }) => `there is no relation "${relation}"; ${thoseThere(known)}`,
  'unit-relations shows what they are',
) {}

/** A hook named a relation by a name that several have. */
export class HookRelationAmbiguous extends defineError<{ relationName: string; matching: readonly string[] }>(
  'hook-relation-ambiguous',
  ({ relationName, matching }) => `"${relationName}" may be any of the relations ${matching.join(', ')}`,
  ({ matching }) => `name one of them, e.g. -r ${matching[0]}`,
) {}

/** A hook asked for the settings of a unit of which its relation knows nothing. */
export class HookRelationUnitUnknown extends defineError<{
  relation: string;
  unit: string;
  /** The other units in the relation. */
  members: readonly string[];
}>(
  'hook-relation-unit-unknown',
  ({ relation, unit, members }) =>
    `there is no unit ${unit} in relation ${relation}; ${members.length === 0 ? 'nobody is there' : `there are ${members.join(', ')}`}`,
  ({ relation }) => `relation-list -r ${relation}`,
) {}

/** A `broken` hook asked for what is no longer there. */
export class HookRelationBroken extends defineError<{
  relation: string;
  /** The unit whose hook it is. */
  unit: string;
  wanted: 'read' | 'set';
}>(
  'hook-relation-broken',
  ({ relation, unit, wanted }) =>
    wanted === 'set'
      ? `relation ${relation} is broken: nothing can be set in it any more`
      : `relation ${relation} is broken: everybody has left it, and only the settings of ${unit} can be read`,
  ({ unit, wanted }) => (wanted === 'set' ? undefined : `relation-get - ${unit}`),
) {}

/** A hook sets more than its relations can hold. */
export class HookSettingsTooLarge extends defineError<{
  bytes: number;
  limit: number;
  /** Says what else is counted besides what the hook sets. */
  together?: string;
}>(
  'hook-settings-too-large',
  ({ bytes, limit, together }) =>
    together === undefined
      ? `the settings of this hook would have ${bytes} bytes, more than ${limit}`
      : `${together}, the unit's settings would take ${bytes} bytes, more than ${limit}`,
  'set where the data is, not the data',
) {}

/** The file of a `relation-set` cannot be read, or holds no settings. */
export class SettingsFileUnusable extends defineError<{
  file: string;
  /** Goes on after the file's name, e.g. `is not there`. */
  reason: string;
  next?: string | undefined;
}>(
  'settings-file-unusable',
  ({ file, reason }) => `${file} ${reason}`,
  ({ next }) => next,
) {}

/** The file that a tool's `--output` names cannot be written. */
export class OutputFileUnusable extends defineError<{
  file: string;
  /** Goes on after the file's name, e.g. `is a directory`. */
  reason: string;
  next?: string;
}>(
  'output-file-unusable',
  ({ file, reason }) => `"${file}" ${reason}`,
  ({ next }) => next,
) {}

/** e.g. `this unit is in db:4, web:7` */
export function thoseThere(ids: readonly string[]): string {
  return ids.length === 0 ? 'this unit is in no relation' : `this unit is in ${ids.join(', ')}`;
}
