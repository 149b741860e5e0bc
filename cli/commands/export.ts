import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { exportText } from '../../control/export/export-text.js';
import { readTree } from '../../control/export/read-tree.js';
import { systemClock } from '../../state/platform/clock.js';
import { sync } from '../../state/storage/durable.js';
import { requester } from '../invocation/requester.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { withSession } from '../invocation/session.js';
import { FileUnwritable } from '../output/errors.js';
import { unwritableReason } from '../output/into-file.js';

/**
 * Writes what the environment's state holds to a file of the operator's own, as config values may be secrets. The file is
 * whole or as it was before.
 */
export async function exportState(file: string, invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async ({ coordinator, environment }) => {
    const tree = await readTree(coordinator);
    const { requestedAt: exportedAt, by } = requester(systemClock.now());
    const nodes = new Map([...tree].map(([path, { value }]) => [path, value]));
    await replaceFile(resolve(file), exportText({ exportedAt, by, nodes }));
    invocation.output.notice(`environment ${environment.name} is in ${file}: ${nodes.size} nodes`);
    return 0;
  });
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
