import { once } from 'node:events';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Client, createClient } from 'node-zookeeper-client';
import { create } from 'tar';
import { parse } from 'yaml';
import * as z from 'zod/mini';

const environmentsSchema = z.looseObject({
  default: z.string(),
  environments: z.record(z.string(), z.looseObject({ state: z.string(), storage: z.string() })),
});

const metadataSchema = z.looseObject({ name: z.string(), revision: z.int() });

const statusSchema = z.looseObject({ state: z.string() });

/**
 * The command of a `StraightUpgrade`: makes the bundle, points the service at it and flags the units in one transaction,
 * waits until no flag is left, and reads what became of them. To be bundled as the command is, in whose place it runs.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('ensemble');
  program.command('upgrade-formula').argument('<formula>').argument('<bundle>').action(upgrade);
  await program.parseAsync([...argv], { from: 'user' });
  return 0;
}

async function upgrade(formula: string, bundle: string): Promise<void> {
  const file = readFileSync(join(process.env.ENSEMBLE_HOME ?? '', 'environments.yaml'), 'utf8');
  const { default: name, environments } = environmentsSchema.parse(parse(file));
  metadataSchema.parse(parse(readFileSync(join(formula, 'metadata.yaml'), 'utf8')));
  const { host } = new URL(environments[name]?.state ?? '');
  const client = createClient(host, { sessionTimeout: 30_000 });
  const connected = once(client, 'connected');
  client.connect();
  // While the server makes the session.
  create({ file: bundle, cwd: formula, sync: true }, ['.']);
  const written = openSync(bundle, 'r');
  fsyncSync(written);
  closeSync(written);
  await connected;
  const units = await new Promise<readonly string[]>((resolve, reject) =>
    client.getChildren('/straight/units', (error, names) => (error ? reject(error) : resolve(names ?? []))),
  );
  const flags = client.transaction().setData('/straight/service', Buffer.from(bundle), -1);
  for (const unit of units) flags.create(`/straight/units/${unit}/upgrade`, Buffer.from('{}'));
  await new Promise<void>((resolve, reject) => flags.commit((error) => (error ? reject(error) : resolve())));
  const statuses = await Promise.all(units.map((unit) => upgraded(client, `/straight/units/${unit}`)));
  const running = statuses.filter((status) => statusSchema.parse(JSON.parse(status)).state === 'started');
  // The session is not closed: that would be waited for.
  writeSync(1, `${running.length} units run ${formula}\n`);
}

/** Resolves to the status of a unit whose flag is off. */
function upgraded(client: Client, unit: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void =>
      client.exists(`${unit}/upgrade`, look, (error, flag) => {
        if (error) reject(error);
        else if (flag === null)
          client.getData(`${unit}/status`, (failure, data) =>
            failure ? reject(failure) : resolve(String(data)),
          );
      });
    look();
  });
}
