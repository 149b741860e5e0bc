import type { ConfigOptions } from '../../state/formula/config-options.js';
import { effectiveConfig } from '../../state/formula/config-values.js';
import type { ConfigValues } from '../../state/model/schemas.js';
import { readConfigValues, requireService } from '../../state/model/services.js';
import { optionsOf } from '../config/options-of.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { type Format, printData } from '../output/output.js';
import { printable } from '../../state/platform/printable.js';
import { renderTable } from '../output/table.js';
import { withSession } from '../invocation/session.js';

/** One option as `get` shows it; null where there is no value. */
interface Setting {
  readonly value: ConfigValues[string] | null;
  /** Whether an operator set it; else the value is the default. */
  readonly set: boolean;
  readonly type: string;
  readonly default: ConfigValues[string] | null;
  readonly description: string;
}

/**
 * Prints a service's config: every option of its formula, and what was set that the formula does not know.
 * @param schema true leaves the values out
 */
export async function get(
  service: string,
  { format, schema = false }: { readonly format: Format; readonly schema?: boolean },
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async ({ coordinator }) => {
    const { formula } = (await requireService(coordinator, service)).value;
    const [options, values] = await Promise.all([
      optionsOf(coordinator, formula),
      readConfigValues(coordinator, service),
    ]);
    if (schema) {
      await printData(invocation.output, format, { service, formula, options }, (columns) =>
        renderTable(schemaRows(options), columns),
      );
      return 0;
    }
    const settings = settingsOf(options, values);
    // Values of options that another revision has: kept, since a unit or a later revision may know them.
    const unused = Object.fromEntries(Object.entries(values).filter(([key]) => settings[key]?.set !== true));
    await printData(invocation.output, format, { service, formula, settings, unused }, (columns) =>
      renderTable(
        [
          ['OPTION', 'VALUE', 'SET', 'TYPE', 'DEFAULT', 'DESCRIPTION'],
          ...Object.entries(settings).map(([key, each]) => [
            key,
            shown(each.value),
            each.set ? 'yes' : 'no',
            each.type,
            shown(each.default),
            printable(each.description),
          ]),
          ...Object.entries(unused).map(([key, value]) => [
            key,
            shown(value),
            'yes',
            '-',
            '-',
            `${formula} does not use this`,
          ]),
        ],
        columns,
      ),
    );
    return 0;
  });
}

function schemaRows(options: ConfigOptions): readonly (readonly string[])[] {
  return [
    ['OPTION', 'TYPE', 'DEFAULT', 'DESCRIPTION'],
    ...Object.entries(options).map(([key, option]) => [
      key,
      option.type,
      shown(option.default ?? null),
      printable(option.description),
    ]),
  ];
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

function shown(value: ConfigValues[string] | null): string {
  if (value === null) return '-';
  return value === '' ? "''" : printable(String(value));
}
