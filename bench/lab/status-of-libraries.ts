import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { open } from 'lmdb';
import { parse } from 'yaml';
import * as z from 'zod/mini';

const environmentsSchema = z.looseObject({
  default: z.string(),
  environments: z.record(z.string(), z.looseObject({ state: z.string(), storage: z.string() })),
});

const nodeSchema = z.looseObject({
  state: z.optional(z.string()),
  formula: z.optional(z.nullable(z.string())),
});

/**
 * What `status` needs that others wrote, each used once, and nothing of our own: commander for the command line, yaml
 * for environments.yaml, lmdb for the state, zod for what was read. To be bundled as the command is, in whose place it
 * runs: no command made of these libraries takes less.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('ensemble');
  program.command('status').action(() => {
    const file = readFileSync(join(process.env.ENSEMBLE_HOME ?? '', 'environments.yaml'), 'utf8');
    const { default: name, environments } = environmentsSchema.parse(parse(file));
    const path = (environments[name]?.state ?? '').replace('embedded:', '');
    const root = open({ path, noSubdir: false, readOnly: true });
    let units = 0;
    for (const { key, value } of root.openDB<[string], [string, string]>({ name: 'nodes' }).getRange()) {
      const { formula } = nodeSchema.parse(JSON.parse(value[0] || '{}'));
      if (key[0] === '/units' && formula !== undefined) units += 1;
    }
    void root.close();
    writeSync(1, `${units} units\n`);
  });
  await program.parseAsync([...argv], { from: 'user' });
  return 0;
}
