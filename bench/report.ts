import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './benchmark.js';
import { benchmarks } from './benchmarks.js';
import { chartSvg } from './chart.js';
import { reportText } from './report-text.js';

const directory = fileURLToPath(new URL('../../bench/', import.meta.url));

/** The results on this machine so far; those of another one are not mixed with them. */
export function readReport(): Report {
  const cores = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const machine = `${cores.length} cores (${cores[0]?.model.trim()}), ${gigabytes} GiB, Linux ${release()}, Node ${process.version}`;
  try {
    const before: Report = JSON.parse(readFileSync(join(directory, 'report.json'), 'utf8'));
    if (before.machine === machine) return before;
  } catch {}
  return { machine, benchmarks: {} };
}

export function writeReport(report: Report): void {
  writeFileSync(join(directory, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(join(directory, 'report.md'), reportText(report));
  writeCharts(report, join(directory, 'charts'));
}

/** Writes every chart as a file of its name. */
export function writeCharts(report: Report, into: string): void {
  mkdirSync(into, { recursive: true });
  for (const { name } of benchmarks)
    for (const chart of report.benchmarks[name]?.charts ?? [])
      writeFileSync(join(into, `${chart.name}.svg`), chartSvg(chart));
}
