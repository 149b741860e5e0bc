import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { ConfigOptions } from '../../state/formula/config-options.js';
import { unusedValues } from '../../state/formula/config-values.js';
import { ConfigOptionUnknown, ConfigValueInvalid } from '../../state/formula/errors.js';
import { isSecretOption } from '../../state/formula/secret-options.js';
import { paths } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';
import { readConfigValues, requireService } from '../../state/model/services.js';
import type { Session } from '../session.js';
import type { IsSecret } from './config-changes.js';
import { UndoUnfit } from './errors.js';
import { optionsOf } from './read-config.js';
import { type ConfigSet, setConfigValues, undoConfigValues } from './set-config.js';

/** The wanted values of a service's options. */
export interface ConfigRequest {
  readonly service: string;
  /** Gives the values, checked against the options that the service's formula has. */
  readonly values: (options: ConfigOptions) => Promise<ConfigValues>;
  /** Options that go back to their defaults. */
  readonly reset: readonly string[];
  readonly by: Requester;
}

/** The result, and the formula whose options it was checked against. */
export type ConfigChanged = ConfigSet & { readonly formula: string };

/**
 * Changes a service's config, all of it or nothing; nobody waits for the units.
 * @throws ServiceNotFound, ConfigOptionUnknown, ConfigValueInvalid, whatever `values` throws
 */
export async function changeConfig(
  { coordinator }: Pick<Session, 'coordinator'>,
  { service, values, reset, by }: ConfigRequest,
): Promise<ConfigChanged> {
  const { formula, options, isSecret } = await readOptions(coordinator, service);
  await requireKnown(coordinator, service, options, reset);
  const given = await values(options).catch((error: unknown) => {
    if (!(error instanceof ConfigValueInvalid)) throw error;
    const { option, reason, cause } = error;
    throw new ConfigValueInvalid({ option, reason, service }, { cause });
  });
  const wanted = { ...given, ...Object.fromEntries(reset.map((option) => [option, undefined])) };
  return { formula, ...(await setConfigValues(coordinator, service, wanted, by, isSecret)) };
}

/**
 * Takes back what was set last, where it fits the formula that the service has by now.
 * @throws ServiceNotFound, NothingToUndo, SetMeanwhile, UndoUnfit
 */
export async function undoConfig(
  { coordinator }: Pick<Session, 'coordinator'>,
  { service, by }: Pick<ConfigRequest, 'service' | 'by'>,
): Promise<ConfigChanged> {
  const { formula, options, isSecret } = await readOptions(coordinator, service);
  const accept = (values: Readonly<Record<string, ConfigValues[string] | null>>): void =>
    requireFit(service, formula, options, values);
  return { formula, ...(await undoConfigValues(coordinator, service, accept, by, isSecret)) };
}

/** True if somebody set the config again since it had this version: it may be another value of the same option. */
export async function isSetSince(
  { coordinator }: Pick<Session, 'coordinator'>,
  service: string,
  version: number,
): Promise<boolean> {
  const now = (await coordinator.get(paths.config(service)))?.version;
  return now !== undefined && now > version;
}

async function readOptions(
  coordinator: Coordinator,
  service: string,
): Promise<{ readonly formula: string; readonly options: ConfigOptions; readonly isSecret: IsSecret }> {
  const { formula } = (await requireService(coordinator, service)).value;
  const options = await optionsOf(coordinator, formula);
  const isSecret = (option: string): boolean =>
    isSecretOption(option, Object.hasOwn(options, option) ? options[option] : undefined);
  return { formula, options, isSecret };
}

/** A value that only an older revision knew must be possible to get rid of. */
async function requireKnown(
  coordinator: Coordinator,
  service: string,
  options: ConfigOptions,
  names: readonly string[],
): Promise<void> {
  const current = names.length === 0 ? {} : await readConfigValues(coordinator, service);
  const unknown = names.find((name) => !Object.hasOwn(options, name) && !Object.hasOwn(current, name));
  if (unknown !== undefined) throw new ConfigOptionUnknown({ option: unknown, known: Object.keys(options) });
}

/** An option that goes back to the default fits any formula. */
function requireFit(
  service: string,
  formula: string,
  options: ConfigOptions,
  values: Readonly<Record<string, ConfigValues[string] | null>>,
): void {
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  // Only the type of what does not fit is told, as the value may be a secret.
  const faults = unusedValues(options, set).map(({ option }) => ({
    option,
    reason: Object.hasOwn(options, option) ? 'is of another type by now' : 'is no option of it',
  }));
  if (faults.length > 0) throw new UndoUnfit({ service, formula, faults });
}
