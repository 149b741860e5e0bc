import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Result } from './benchmark.js';
import { idleAgent } from './cases/idle-agent.js';
import { startUp } from './cases/start-up.js';
import { tenThousand } from './cases/ten-thousand.js';
import { wholeUpgrade } from './cases/whole-upgrade.js';
import { reportData, reportText } from './report.js';

/**
 * `npm run bench [name…] [--quick]`: runs the named benchmarks, or all, and writes what they found to
 * `bench/report.md` and `bench/report.json`.
 */
const benchmarks: readonly Benchmark[] = [wholeUpgrade, tenThousand, startUp, idleAgent];

const directory = fileURLToPath(new URL('../../bench/', import.meta.url));
const words = process.argv.slice(2);
const quick = words.includes('--quick');
const names = words.filter((word) => !word.startsWith('-'));
const unknown = names.find((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown !== undefined) {
  process.stderr.write(
    `there is no benchmark ${unknown}; there are: ${benchmarks.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
const results: Result[] = [];
for (const benchmark of benchmarks) {
  if (names.length > 0 && !names.includes(benchmark.name)) continue;
  process.stderr.write(`${benchmark.name} …\n`);
  results.push(await benchmark.run(quick));
}
const when = new Date().toISOString();
mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, 'report.json'), reportData(results, when));
const text = reportText(results, when);
writeFileSync(join(directory, 'report.md'), text);
process.stdout.write(text);
