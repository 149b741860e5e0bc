import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../test/eventually.js';
import type { Benchmark } from '../benchmark.js';
import { Lab } from '../lab/lab.js';
import { inPairs } from '../lab/measure.js';
import { timed } from '../lab/process.js';

/** Hands its surroundings out and stands still for as long as the lab is there. */
const HOOK = `#!/bin/sh
env -0 >"$ENSEMBLE_DATA_DIR/env.new" && mv "$ENSEMBLE_DATA_DIR/env.new" "$ENSEMBLE_DATA_DIR/env"
while [ -d "$ENSEMBLE_DATA_DIR" ]; do sleep 0.5; done
`;

/** One call of a hook tool, with the surroundings of a hook that runs, beside a Node that does nothing. */
export const hookTool: Benchmark = {
  name: 'hook-tool',
  limit: 180,
  async run(quick) {
    const lab = await Lab.open({ engine: 'embedded' });
    writePair(lab.repository);
    await lab.agent();
    await lab.run('deploy', '--repository', lab.repository, 'server');
    await lab.run('deploy', '--repository', lab.repository, 'asker');
    await lab.run('add-relation', 'server', 'asker');
    const env = await hookEnvironment(join(lab.dataDirectory(), 'units/asker-0/data/env'));
    const nothing = (): number => timed([process.execPath, '-e', '0'], { env });
    const call = (): number => timed(['relation-get', 'private-address'], { env });
    const { ours, floor, ratio } = await inPairs(quick ? 5 : 25, call, nothing, 2);
    await lab.close();
    return {
      rows: [
        {
          what: 'relation-get in a hook',
          against: 'node -e 0',
          figure: `${ours.median.toFixed(1)} ms (node ${floor.median.toFixed(0)} ms)`,
          value: ratio.median,
          range: [ratio.least, ratio.most],
          aim: 0.25,
          bound: 'start of perl',
        },
      ],
    };
  },
};

function writePair(repository: string): void {
  for (const [name, relation] of [
    ['server', 'provides'],
    ['asker', 'requires'],
  ] as const) {
    const directory = join(repository, `${name}-1`);
    mkdirSync(join(directory, 'hooks'), { recursive: true });
    const metadata = `name: ${name}\nrevision: 1\nsummary: measured\n${relation}: {link: thing}\n`;
    writeFileSync(join(directory, 'metadata.yaml'), metadata);
    if (name === 'server') continue;
    const script = join(directory, 'hooks/link-relation-changed');
    writeFileSync(script, HOOK);
    chmodSync(script, 0o755);
  }
}

async function hookEnvironment(file: string): Promise<NodeJS.ProcessEnv> {
  await eventually(() => {
    if (!existsSync(file)) throw new Error('the hook does not run');
  }, 60_000);
  const entries = readFileSync(file, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}
