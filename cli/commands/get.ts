import { readConfig, type ServiceConfig } from '../../control/config/read-config.js';
import type { ConfigOptions } from '../../state/formula/config-options.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { withSession } from '../invocation/session.js';
import { type Format, printData } from '../output/output.js';
import { renderTable } from '../output/table.js';

/**
 * Prints a service's config: every option of its formula, and what was set that the formula does not know.
 * @param schema true leaves the values out
 */
export async function get(
  service: string,
  { format, schema = false }: { readonly format: Format; readonly schema?: boolean },
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const { formula, options, settings, unused } = await readConfig(session, service);
    const document = schema ? { service, formula, options } : { service, formula, settings, unused };
    await printData(invocation.output, format, document, (columns) =>
      renderTable(schema ? schemaRows(options) : settingRows({ formula, settings, unused }), columns),
    );
    return 0;
  });
}

function settingRows({
  formula,
  settings,
  unused,
}: Omit<ServiceConfig, 'options'>): readonly (readonly string[])[] {
  return [
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
  ];
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

function shown(value: ConfigValues[string] | null): string {
  if (value === null) return '-';
  return value === '' ? "''" : printable(String(value));
}
