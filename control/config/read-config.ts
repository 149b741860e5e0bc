import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type ConfigOptions, configOptionsSchema } from '../../state/formula/config-options.js';
import { effectiveConfig } from '../../state/formula/config-values.js';
import { NodeInvalid } from '../../state/model/errors.js';
import { requireFormulaRecord } from '../../state/model/formulas.js';
import { paths } from '../../state/model/paths.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';
import { readConfigValues, requireService } from '../../state/model/services.js';
import type { Session } from '../session.js';

/** One option of a service; null where there is no value. */
export interface Setting {
  readonly value: ConfigValues[string] | null;
  /** True if an operator set it; else the value is the default. */
  readonly set: boolean;
  readonly type: string;
  readonly default: ConfigValues[string] | null;
  readonly description: string;
}

/** The config of a service. */
export interface ServiceConfig {
  readonly formula: string;
  /** The options of its formula. */
  readonly options: ConfigOptions;
  readonly settings: Readonly<Record<string, Setting>>;
  /** Values of options that another revision has: kept, since a unit or a later revision may know them. */
  readonly unused: ConfigValues;
}

/** Every option of a service's formula, and what was set that the formula does not know. @throws ServiceNotFound */
export async function readConfig(
  { coordinator }: Pick<Session, 'coordinator'>,
  service: string,
): Promise<ServiceConfig> {
  const { formula } = (await requireService(coordinator, service)).value;
  const [options, values] = await Promise.all([
    optionsOf(coordinator, formula),
    readConfigValues(coordinator, service),
  ]);
  const settings = settingsOf(options, values);
  const unused = Object.fromEntries(Object.entries(values).filter(([key]) => settings[key]?.set !== true));
  return { formula, options, settings, unused };
}

function settingsOf(options: ConfigOptions, values: ConfigValues): Readonly<Record<string, Setting>> {
  const effective = effectiveConfig(options, values);
  return Object.fromEntries(
    Object.entries(options).map(([key, option]) => [
      key,
      {
        value: effective[key] ?? null,
        set: Object.hasOwn(values, key) && values[key] === effective[key],
        type: option.type,
        default: option.default ?? null,
        description: option.description,
      },
    ]),
  );
}

/** The options of a published formula. @throws FormulaNotPublished, NodeInvalid */
export async function optionsOf(coordinator: Coordinator, formulaId: string): Promise<ConfigOptions> {
  const { config } = await requireFormulaRecord(coordinator, formulaId);
  const parsed = configOptionsSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = ['config', ...(issue?.path ?? [])].join('.');
  throw new NodeInvalid({
    path: paths.formula(formulaId),
    field,
    reason: issue?.message ?? 'it is not what it should be',
  });
}
