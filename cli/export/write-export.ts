import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { exportText } from '../../control/export/export-text.js';
import { readTree } from '../../control/export/read-tree.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { systemClock } from '../../state/platform/clock.js';
import { sync } from '../../state/storage/durable.js';
import { requester } from '../invocation/requester.js';
import { FileUnwritable } from '../output/errors.js';
import { unwritableReason } from '../output/into-file.js';

/**
 * Writes what an environment's state holds to a file of the operator's own, as config values may be secrets. The file is
 * whole or as it was before.
 * @returns how many nodes there are in it
 * @throws TreeUnsettled, FileUnwritable
 */
export async function writeExport(coordinator: Coordinator, file: string): Promise<number> {
  const tree = await readTree(coordinator);
  const { requestedAt: exportedAt, by } = requester(systemClock.now());
  const nodes = new Map([...tree].map(([path, { value }]) => [path, value]));
  await replaceFile(resolve(file), exportText({ exportedAt, by, nodes }));
  return nodes.size;
}

async function replaceFile(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await writeFile(aside, text, { mode: 0o600, flag: 'wx' });
    await sync(aside);
    await rename(aside, file);
    await sync(dirname(file));
  } catch (error) {
    await rm(aside, { force: true });
    throw new FileUnwritable({ file, reason: unwritableReason(error) }, { cause: error });
  }
}
