import { createHash } from 'node:crypto';
import { fsyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { parse } from 'yaml';
import * as z from 'zod/mini';

const environmentsSchema = z.looseObject({
  default: z.string(),
  environments: z.record(z.string(), z.looseObject({ state: z.string(), storage: z.string() })),
});

const metadataSchema = z.looseObject({ name: z.string(), revision: z.int() });

/**
 * What `upgrade-formula` cannot do without before it asks the coordinator for anything, and nothing of our own:
 * commander, yaml and zod, each used once, and the formula's files in one file on the disk, with its digest. To be
 * bundled as the command is, in whose place it runs.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('ensemble');
  program
    .command('upgrade-formula')
    .argument('<formula>')
    .argument('<bundle>')
    .action((formula: string, bundle: string) => {
      const environments = readFileSync(join(process.env.ENSEMBLE_HOME ?? '', 'environments.yaml'), 'utf8');
      environmentsSchema.parse(parse(environments));
      const { name } = metadataSchema.parse(parse(readFileSync(join(formula, 'metadata.yaml'), 'utf8')));
      const digest = createHash('sha256');
      const file = openSync(bundle, 'w');
      for (const entry of readdirSync(formula, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const bytes = readFileSync(join(entry.path, entry.name));
        digest.update(bytes);
        writeSync(file, bytes);
      }
      fsyncSync(file);
      writeSync(1, `${name} ${digest.digest('hex')}\n`);
    });
  await program.parseAsync([...argv], { from: 'user' });
  return 0;
}
