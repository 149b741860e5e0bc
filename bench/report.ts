import { cpus, release, totalmem } from 'node:os';
import type { Curve, Result, Row } from './benchmark.js';

const machine = (): string =>
  `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;

/** The report as Markdown. A value is a ratio where it is compared with something. */
export function reportText(results: readonly Result[], when: string): string {
  const rows = results.flatMap((result) => result.rows).map(rowText);
  const curves = results.flatMap((result) => result.curves ?? []).map(chart);
  return [
    '# Benchmarks',
    '',
    `${when}, ${machine()}. Medians; in brackets the least and the most of the runs.`,
    '',
    '| what | against | figure | value | aim | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    ...curves,
  ].join('\n');
}

export function reportData(results: readonly Result[], when: string): string {
  return `${JSON.stringify({ when, machine: machine(), results }, undefined, 2)}\n`;
}

function rowText({ what, against, figure, value, range, aim }: Row): string {
  const met = aim === undefined ? '' : value <= aim ? 'met' : 'not met';
  const values = `${value.toFixed(2)} (${range.map((each) => each.toFixed(2)).join('–')})`;
  return `| ${[what, against, figure, values, aim ?? '–', met].join(' | ')} |`;
}

/** How a cost grows, as bars of text. */
function chart({ name, unit, points }: Curve): string {
  const most = Math.max(...points.map(([, cost]) => cost));
  const bars = points.map(([units, cost]) => {
    const bar = '█'.repeat(Math.max(1, Math.round((40 * cost) / most)));
    return `${String(units).padStart(7)} units  ${bar} ${cost.toFixed(1)} ${unit}`;
  });
  return [`## ${name}`, '', '```', ...bars, '```', ''].join('\n');
}
