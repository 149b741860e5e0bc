import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './benchmark.js';
import { writeCharts } from './report.js';
import { circumstances, table } from './report-text.js';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

/** `<!-- bench NAME… -->`, what was written there, `<!-- /bench -->`. */
const BLOCK = /(<!-- bench ([a-z -]+) -->\n)[\s\S]*?(<!-- \/bench -->)/g;

/** Puts the figures of the report where the pages have room for them, so that no figure is copied by hand. */
export function writeDocs(report: Report): void {
  for (const page of ['performance.md', 'scale.md']) {
    const file = join(docs, page);
    const before = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      before.replace(BLOCK, (_, open: string, names: string, close: string) =>
        [open, block(report, names.split(' ')), close].join(''),
      ),
    );
  }
  writeCharts(report, join(docs, 'charts'));
}

function block(report: Report, names: readonly string[]): string {
  const known = names.flatMap((name) => {
    const found = report.benchmarks[name];
    return found === undefined ? [] : [{ name, found }];
  });
  const missing = names.filter((name) => report.benchmarks[name] === undefined);
  const lines = [
    `${report.machine}. Medians of several runs; in brackets the least and the most of them.`,
    '',
    table(known.flatMap(({ found }) => found.rows)),
    '',
    ...known.map(({ name, found }) => `- \`${name}\`: ${circumstances(found)}`),
    ...missing.map((name) => `- \`${name}\`: not measured yet`),
  ];
  return `\n${lines.join('\n')}\n\n`;
}
