import type { Found, Report, Row } from './benchmark.js';
import { benchmarks } from './benchmarks.js';

/** The report, or that of the benchmarks which are `chosen`, as Markdown. */
export function reportText(report: Report, chosen?: ReadonlySet<string>): string {
  const parts = benchmarks.flatMap(({ name }) => {
    const found = chosen?.has(name) === false ? undefined : report.benchmarks[name];
    if (found === undefined) return [];
    const charts = (found.charts ?? []).map((chart) => `![${chart.title}](charts/${chart.name}.svg)\n`);
    return [`## ${name}`, '', circumstances(found), '', table(found.rows), '', ...charts];
  });
  return [
    '# Benchmarks',
    '',
    `${report.machine}. Medians; in brackets the least and the most of the runs.`,
    '',
    ...parts,
  ].join('\n');
}

/** When and how something was measured, in one line. */
export function circumstances({ when, quick, load, seconds }: Found): string {
  const size = quick ? ' quick (a trial, not to be quoted),' : '';
  return `${when.slice(0, 16).replace('T', ' ')} UTC,${size} ${seconds} s, load ${load.toFixed(1)} before it began`;
}

/** Rows as a table. A value is a ratio where it is compared with something. */
export function table(rows: readonly Row[]): string {
  return [
    '| what | against | aim | value | figure | | what bounds it now |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(rowText),
  ].join('\n');
}

function rowText({ what, against, figure, value, range, aim, bound }: Row): string {
  const met = aim === undefined ? 'published' : value <= aim ? 'met' : 'not met';
  const [least, most] = range.map(short);
  const sign = against === '–' ? '' : ' ×';
  const values = least === most ? `${short(value)}${sign}` : `${short(value)}${sign} (${least}–${most})`;
  const cells = [what, against, aim === undefined ? '–' : `${aim}${sign}`, values, figure, met, bound ?? ''];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Three digits that count. */
function short(value: number): string {
  if (!Number.isFinite(value)) return '?';
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
