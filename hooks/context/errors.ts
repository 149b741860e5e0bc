import { EnsembleError } from '../../state/platform/errors.js';

/** A hook named a relation that its unit is not in. */
export class HookRelationUnknown extends EnsembleError {
  static override readonly code = 'hook-relation-unknown';

  /** @param known the ids of those the unit is in */
  constructor(
    readonly relation: string,
    readonly known: readonly string[],
  ) {
    super(`there is no relation "${relation}"; ${thoseThere(known)}`, 'unit-relations shows what they are');
  }
}

/** A hook named a relation by a name that several have. */
export class HookRelationAmbiguous extends EnsembleError {
  static override readonly code = 'hook-relation-ambiguous';

  constructor(
    readonly relationName: string,
    readonly matching: readonly string[],
  ) {
    super(
      `"${relationName}" may be any of the relations ${matching.join(', ')}`,
      `name one of them, e.g. -r ${matching[0]}`,
    );
  }
}

/** A hook asked for the settings of a unit of which its relation knows nothing. */
export class HookRelationUnitUnknown extends EnsembleError {
  static override readonly code = 'hook-relation-unit-unknown';

  /** @param members the other units in the relation */
  constructor(
    readonly relation: string,
    readonly unit: string,
    readonly members: readonly string[],
  ) {
    super(
      `there is no unit ${unit} in relation ${relation}; ${members.length === 0 ? 'nobody is there' : `there are ${members.join(', ')}`}`,
      `relation-list -r ${relation}`,
    );
  }
}

/** A `broken` hook asked for what is no longer there. */
export class HookRelationBroken extends EnsembleError {
  static override readonly code = 'hook-relation-broken';

  /** @param unit whose hook it is */
  constructor(
    readonly relation: string,
    readonly unit: string,
    readonly wanted: 'read' | 'set',
  ) {
    super(
      wanted === 'set'
        ? `relation ${relation} is broken: nothing can be set in it any more`
        : `relation ${relation} is broken: everybody has left it, and only the settings of ${unit} can be read`,
      wanted === 'set' ? undefined : `relation-get - ${unit}`,
    );
  }
}

/** A hook sets more than its relations can hold. */
export class HookSettingsTooLarge extends EnsembleError {
  static override readonly code = 'hook-settings-too-large';

  /** @param together what is counted besides what the hook sets */
  constructor(
    readonly bytes: number,
    readonly limit: number,
    readonly together?: string,
  ) {
    super(
      together === undefined
        ? `the settings of this hook would have ${bytes} bytes, more than ${limit}`
        : `${together}, the unit's settings would take ${bytes} bytes, more than ${limit}`,
      'set where the data is, not the data',
    );
  }
}

/** The file of a `relation-set` cannot be read, or holds no settings. */
export class SettingsFileUnusable extends EnsembleError {
  static override readonly code = 'settings-file-unusable';

  /** @param reason goes on after the file's name, e.g. `is not there` */
  constructor(
    readonly file: string,
    readonly reason: string,
    next?: string,
  ) {
    super(`${file} ${reason}`, next);
  }
}

/** The file that a tool's `--output` names cannot be written. */
export class OutputFileUnusable extends EnsembleError {
  static override readonly code = 'output-file-unusable';

  /** @param reason goes on after the file's name, e.g. `is a directory` */
  constructor(
    readonly file: string,
    readonly reason: string,
    next?: string,
  ) {
    super(`"${file}" ${reason}`, next);
  }
}

/** e.g. `this unit is in db:4, web:7` */
export function thoseThere(ids: readonly string[]): string {
  return ids.length === 0 ? 'this unit is in no relation' : `this unit is in ${ids.join(', ')}`;
}
