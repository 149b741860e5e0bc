import type { UnitStatus } from '../../state/model/unit-schemas.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { PresentConfig } from '../contract/present-config.js';
import type { UnitRecord } from '../journal/record.js';

/**
 * How far a unit's hooks are with the config of its service, told by the versions of its node, so that who set
 * something knows when it has come through. A version that changes nothing for the unit counts as seen at once. What a
 * hook saw under an agent before this one counts as soon as it is still what holds.
 */
export class ConfigProgress {
  #seen: number | null = null;
  #tried: number | null = null;

  /** @param record as the journal has it */
  facts(record: UnitRecord, { version, digest }: PresentConfig): NonNullable<UnitStatus['config']> {
    if (version !== undefined && digest !== undefined && isTried(record, digest)) {
      this.#tried = version;
      if (isThrough(record)) this.#seen = version;
    }
    return { seen: this.#seen, tried: this.#tried };
  }
}

/**
 * Digest of the config for which a unit came into its error; null where that is not known, so that no config is newer.
 * A record of an older release tells for which its hooks ran last.
 */
export function failedConfig({ failedConfig: failed, configDigest }: UnitRecord): string | null {
  return failed === undefined ? configDigest : failed;
}

/** True if `config-changed` was begun for this config, or the unit is in error for all that is known of it. */
function isTried(record: UnitRecord, digest: string): boolean {
  if (!isErrorState(record.state)) return record.configDigest === digest;
  return [null, digest].includes(failedConfig(record));
}

/** True if the hook is through for the config that it was begun for last. */
function isThrough({ state, done }: UnitRecord): boolean {
  return state === 'started' || done.includes('config-changed');
}
