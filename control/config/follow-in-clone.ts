import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { unusedValues } from '../../state/formula/config-values.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';
import { triedClone } from '../../state/model/tried-clone.js';
import { optionsOf } from './read-config.js';

/** The clone of a service that is being tried, as far as it follows what is set on the service. */
export interface FollowingClone {
  /** Its name. */
  readonly service: string;
  /** The values that it gets too; undefined for the default. */
  readonly values: Readonly<Record<string, ConfigValues[string] | undefined>>;
  /** Options of which it keeps what it has: its formula has none of that name, or takes no such value. */
  readonly left: readonly string[];
}

/**
 * Finds the clone that follows what is set on a service: until it is promoted it is tried with what its source has. One that is
 * not made yet is made with the config as it is then.
 * @returns the clone, and what has the write apply while it is not promoted alone. @see triedClone
 */
export async function followingClone(
  coordinator: Coordinator,
  service: string,
  values: FollowingClone['values'],
): Promise<{ readonly clone?: FollowingClone; readonly guard: readonly Operation[] }> {
  const { clone, guard } = await triedClone(coordinator, service);
  if (clone === undefined) return { guard };
  const options = await optionsOf(coordinator, clone.formula);
  const isUnfit = (option: string): boolean => {
    const value = values[option];
    const isOption = Object.hasOwn(options, option);
    return !isOption || (value !== undefined && unusedValues(options, { [option]: value }).length > 0);
  };
  const names = Object.keys(values);
  const left = names.filter(isUnfit);
  const followed = names.filter((option) => !left.includes(option)).map((option) => [option, values[option]]);
  return { guard, clone: { service: clone.service, values: Object.fromEntries(followed), left } };
}
