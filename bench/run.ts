import { loadavg } from 'node:os';
import { benchmarks } from './benchmarks.js';
import { readReport, writeReport } from './report.js';
import { reportText } from './report-text.js';
import { runApart } from './run-apart.js';
import { writeDocs } from './write-docs.js';

/**
 * `npm run bench -- [name…] [--quick] [--write-docs]`: runs the named benchmarks, or all, and writes what they found to
 * `bench/report.md`, `bench/report.json` and `bench/charts/`. Those that are not run keep what they found before. With
 * `--write-docs` the tables and charts of `docs/` are brought up to date, also without running any: `none`.
 */
const words = process.argv.slice(2);
const quick = words.includes('--quick');
const names = words.filter((word) => !word.startsWith('-') && word !== 'none');
const unknown = names.find((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown !== undefined) {
  const known = benchmarks.map(({ name }) => name).join(', ');
  process.stderr.write(`there is no benchmark ${unknown}; there are: ${known}\n`);
  process.exit(2);
}
const chosen = words.includes('none')
  ? []
  : benchmarks.filter(({ name }) => names.length === 0 || names.includes(name));
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    process.exitCode = 130;
    interrupted.abort();
  });

const report = readReport();
const measured = new Set<string>();
for (const benchmark of chosen) {
  if (interrupted.signal.aborted) break;
  process.stderr.write(`${benchmark.name} … `);
  const begun = performance.now();
  const load = loadavg()[0] ?? Number.NaN;
  try {
    const result = await runApart(benchmark, quick, interrupted.signal);
    const when = new Date().toISOString();
    const seconds = Math.round((performance.now() - begun) / 1_000);
    report.benchmarks[benchmark.name] = { when, quick, load, seconds, ...result };
    measured.add(benchmark.name);
    process.stderr.write(`${seconds} s\n`);
    // After each one, so that an interrupted run has not been for nothing.
    writeReport(report);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode ||= 1;
  }
}
process.stdout.write(reportText(report, measured));
if (words.includes('--write-docs')) writeDocs(report);
