import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from '../../state/platform/zod.js';
import { replaceFile } from './replace-file.js';

const FILE = 'machine.json';
/** The tree has one of the last two: the next one is remembered before it is written there. */
const CLAIMS_KEPT = 8;

const schema = z.looseObject({
  machine: z.string().check(z.minLength(1)),
  named: z.enum(['given', 'host', 'default']),
  host: z.optional(z.string()),
  claims: z._default(z.array(z.string()), []),
});

/** Where a machine's name comes from: an option, the host's name, or the environment's kind. */
export type NamedBy = 'given' | 'host' | 'default';

/** A data directory's memory of the machine whose units it holds. */
export interface RememberedMachine {
  readonly machine: string;
  readonly named: NamedBy;
  /** The host's id, where it has one: what stays when its name is changed. */
  readonly host?: string | undefined;
  /** Those it had on its machine, the last one last. */
  readonly claims: readonly string[];
}

/** Undefined where the directory has had no machine, or no release that remembers it. */
export async function readRememberedMachine(root: string): Promise<RememberedMachine | undefined> {
  try {
    const found = schema.safeParse(JSON.parse(await readFile(join(root, FILE), 'utf8')));
    return found.success ? found.data : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a machine, with the last of its claims. */
export async function rememberMachine(root: string, remembered: RememberedMachine): Promise<void> {
  const claims = remembered.claims.slice(-CLAIMS_KEPT);
  await replaceFile(join(root, FILE), `${JSON.stringify({ ...remembered, claims })}\n`);
}

/** The host's id (machine-id(5)), which does not change with its name; undefined where it has none, as in a container. */
export async function hostId(): Promise<string | undefined> {
  const text = await readFile('/etc/machine-id', 'utf8').catch(() => '');
  return /^[0-9a-f]{32}$/.test(text.trim()) ? text.trim() : undefined;
}

/** Tells a directory from every copy of it, in this boot of this machine; a renamed one stays the same. */
export function placeOf(root: string, boot: string): string {
  const { dev, ino } = statSync(root, { bigint: true });
  return `${boot}:${dev}:${ino}`;
}
