import { Option } from 'commander';
import type { RelationInfo } from '../context/relation.js';
import { type Format, formats, render } from './format.js';
import type { HookTool } from './tool.js';

/** A relation with the other units in it. */
type Row = RelationInfo & { readonly members: readonly string[] };

/** Every relation the unit is in, with all that a hook needs to deal with it: what upgrade hooks start from. */
export const unitRelations: HookTool = {
  name: 'unit-relations',
  summary: 'print all relations the unit is in, with their members',
  examples: [
    'unit-relations',
    'unit-relations --format json',
    'unit-relations | tail -n +2 | while read -r id name role interface service members; do …; done',
    'eval "$(unit-relations --format shell)"; for id in $VAR_RELATION_IDS; do …; done',
  ],
  define(command, { context: { relations }, print }) {
    command
      .addOption(
        new Option('--format <format>', 'how to print it; smart: as a table; shell: e.g. VAR_DB_4_MEMBERS')
          .choices(['table', ...formats])
          .default('table'),
      )
      .action(async ({ format }: { format: Format | 'table' }) => {
        const rows = await Promise.all(
          (await relations.all()).map(async (each) => ({
            ...each,
            members: await relations.members(each.id),
          })),
        );
        print(renderRelations(format, rows));
      });
  },
};

function renderRelations(format: Format | 'table', rows: readonly Row[]): string {
  switch (format) {
    case 'table':
    case 'smart':
      return renderTable(rows);
    case 'shell':
      return render('shell', Object.fromEntries(variables(rows)));
    default:
      return render(format, rows);
  }
}

/** Members come last, as there may be any number of them. */
function renderTable(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const lines = [
    ['ID', 'NAME', 'ROLE', 'INTERFACE', 'SERVICE', 'MEMBERS'],
    ...rows.map((row) => [row.id, row.name, row.role, row.interface, row.service, row.members.join(' ')]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** One variable per relation and property, as the shell has no better: `VAR_DB_4_ROLE`. */
function variables(rows: readonly Row[]): [string, string][] {
  return [
    ['relation-ids', rows.map(({ id }) => id).join(' ')],
    ...rows.flatMap(({ id, members, ...row }): [string, string][] => [
      ...Object.entries(row).map(([property, value]): [string, string] => [`${id}-${property}`, value]),
      [`${id}-members`, members.join(' ')],
    ]),
  ];
}
