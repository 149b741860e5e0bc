import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchmarks } from '../../bench/benchmarks.js';
import { chartSvg } from '../../bench/chart.js';
import { table } from '../../bench/report-text.js';
import { runApart } from '../../bench/run-apart.js';
import { eventuallyTrue } from '../eventually.js';

const page = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8');

describe('the benchmarks', () => {
  it('each have their table on one of the pages', () => {
    const shown = ['performance', 'scale'].flatMap((name) =>
      [...page(name).matchAll(/^<!-- bench (.+) -->$/gm)].flatMap(([, names = '']) => names.split(' ')),
    );
    assert.deepEqual(shown.toSorted(), benchmarks.map(({ name }) => name).toSorted());
  });

  it('leave no directory behind when they are interrupted, and say so', async function () {
    this.timeout(120_000);
    const [benchmark] = benchmarks;
    assert.ok(benchmark);
    const outside = process.env.TMPDIR;
    const directory = mkdtempSync(join(tmpdir(), 'ensemble-apart-'));
    try {
      process.env.TMPDIR = directory;
      const interrupted = new AbortController();
      const failed = assert.rejects(runApart(benchmark, true, interrupted.signal), /was interrupted/);
      await eventuallyTrue('something of its own', () =>
        readdirSync(directory, { recursive: true }).some((name) => `${name}`.includes('/')),
      );
      interrupted.abort();
      await failed;
      assert.deepEqual(readdirSync(directory), []);
    } finally {
      if (outside === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = outside;
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('a report', () => {
  it('says of each row whether its aim is met', () => {
    const row = { against: 'a | b', figure: '1 s', range: [1, 3] as const };
    const text = table([
      { ...row, what: 'one', value: 2, aim: 2 },
      { ...row, what: 'two', value: 2.001, aim: 2 },
      { ...row, what: 'three', value: 1_234, against: '–' },
    ]);
    assert.deepEqual(text.split('\n').slice(2), [
      '| one | a \\| b | 2 × | 2 × (1–3) | 1 s | met |  |',
      '| two | a \\| b | 2 × | 2 × (1–3) | 1 s | not met |  |',
      '| three | – | – | 1234 (1–3) | 1 s | published |  |',
    ]);
  });

  it('draws costs from zero to a round number above the most', () => {
    const svg = chartSvg({
      name: 'n',
      title: 'a < b',
      across: 'units',
      unit: 's',
      lines: [
        {
          name: 'one',
          points: [
            [0, 0],
            [100, 7],
          ],
        },
      ],
    });
    assert.match(svg, /a &lt; b, s/);
    assert.match(svg, /<polyline points="70,300 470,81.3"/);
    assert.match(svg, />8</);
    assert.doesNotMatch(svg, /NaN|undefined/);
  });
});
