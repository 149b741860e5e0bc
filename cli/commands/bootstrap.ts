import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withWorkDirectory } from '../../control/publish/work-directory.js';
import { systemClock } from '../../state/platform/clock.js';
import { ensembleHome, writeFirstEnvironments } from '../../state/environments/environments-file.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readMachines } from '../../state/model/machines.js';
import { formatBytes } from '../../state/platform/format-bytes.js';
import type { Output } from '../output/output.js';
import { setKeepRemoved } from '../../control/prune/kept.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { closeNodes, openNodes } from '../../state/model/protection.js';
import { fileDigest } from '../../state/storage/digest.js';
import type { Storage } from '../../state/storage/storage.js';
import { StorageUnusable } from '../output/errors.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { formatTime } from '../output/durations.js';
import { requester } from '../invocation/requester.js';
import {
  agentCommand,
  choiceOptions,
  chosenEnvironment,
  warnOf,
  withUncheckedSession,
} from '../invocation/session.js';

/** Nodes that a sentence names. */
const MOST_NAMED = 5;

/** The environment that the first file has. */
const FIRST = 'local';

export interface BootstrapOptions {
  readonly mend?: boolean;
}

/**
 * Makes an environment ready: the file where there is none, the storage, the tree. Everything is tried before anything
 * is written to the coordinator, so that what fails has claimed no path there, and an environment that is ready is one
 * that formulas can be deployed to and, with a secret, that is closed to others.
 */
export async function bootstrap({ mend }: BootstrapOptions, invocation: Invocation): Promise<ExitCode> {
  const { globals, output } = invocation;
  const name = globals.environment ?? (process.env.ENSEMBLE_ENV || FIRST);
  if (name === FIRST && globals.state === undefined && (await writeFirstEnvironments())) {
    output.notice(`wrote ${join(ensembleHome(), 'environments.yaml')}`);
  }
  if (mend) await mendState(invocation);
  return withUncheckedSession<ExitCode>(invocation, async ({ coordinator, environment, storage }) => {
    warnOf(environment, invocation);
    await openNodes(coordinator, environment.state);
    await tryStorage(await storage());
    const closed = await closeNodes(coordinator, environment.state);
    const made = await bootstrapTree(coordinator, undefined, requester(systemClock.now()));
    if (closed.length > 0 && !made) {
      const by = requester(systemClock.now());
      const entry = requestEntry(by, { what: 'bootstrap', message: `closed ${named(closed)}` });
      await retryOnConflict('the history', async () =>
        coordinator.transaction(await recordEnvironmentOperations(coordinator, entry)),
      );
    }
    if (closed.length > 0)
      output.notice(`anyone could write to ${named(closed)}; now only who has the secret can`);
    output.notice(`environment ${environment.name} is ready${made ? '' : ' already'}`);
    output.notice(`  state    ${environment.state}\n  storage  ${environment.storage}`);
    const { keepRemoved } = environment;
    if (keepRemoved !== undefined) await changeKeepRemoved(coordinator, keepRemoved, output);
    if (made) {
      output.notice(`next, on each machine that shall run units:\n  ${agentCommand(environment, globals)}`);
      const choice = choiceOptions(environment, globals);
      output.notice(
        `then, with a directory of formulas:\n  ensemble deploy${choice} --repository DIRECTORY FORMULA`,
      );
    }
    return 0;
  });
}

async function mendState(invocation: Invocation): Promise<void> {
  const { state } = await chosenEnvironment(invocation);
  if (!state.startsWith('embedded:')) throw invocation.misuse('--mend is for an embedded state');
  const mended = await (await import('../../state/coordination/embedded/mend.js')).mendStore(state);
  if (mended === undefined) {
    invocation.output.notice('the state is not damaged: it stays as it is');
    return;
  }
  const { reason, nodes, kept } = mended;
  invocation.output.notice(
    `the state was damaged (${reason}) and was made anew from the ${nodes} nodes it holds`,
  );
  invocation.output.notice(`the damaged file is kept: ${kept}`);
}

/** What is kept already follows it: where less is kept from now on, some of it goes at once. */
async function changeKeepRemoved(
  coordinator: Coordinator,
  keepRemoved: number,
  output: Output,
): Promise<void> {
  const before = await setKeepRemoved(coordinator, keepRemoved, requester(systemClock.now()));
  if (before === undefined) return;
  output.notice(
    keepRemoved === 0
      ? 'what removed units leave is not kept'
      : `what removed units leave is kept for ${formatTime(keepRemoved)}`,
  );
  if (keepRemoved >= before) return;
  const keeping = (await readMachines(coordinator)).flatMap(({ name, machine: { kept } }) =>
    kept === undefined || kept.units === 0 ? [] : [{ name, ...kept }],
  );
  if (keeping.length === 0) return;
  const sum = (of: 'units' | 'bytes'): number => keeping.reduce((all, each) => all + each[of], 0);
  const units = sum('units');
  const older = keepRemoved === 0 ? '' : `, as far as it is older than ${formatTime(keepRemoved)}`;
  output.warn(
    `what is kept of ${units} removed unit${units === 1 ? '' : 's'} goes now${older}: ${formatBytes(sum('bytes'))} on ${named(
      keeping.map(({ name }) => name),
      'machines',
    )}`,
  );
}

/** Of many nodes the first, and how many more there are. */
function named(nodes: readonly string[], what = 'nodes'): string {
  const shown = nodes.slice(0, MOST_NAMED).join(', ');
  return nodes.length > MOST_NAMED ? `${shown} and ${nodes.length - MOST_NAMED} more ${what}` : shown;
}

/** Stores a small object and looks for it: that the URL is well-formed says little. */
async function tryStorage(storage: Storage): Promise<void> {
  await withWorkDirectory(async (directory) => {
    const file = join(directory, 'probe');
    await writeFile(file, 'ensemble stores formulas here\n');
    const { sha256, size } = await fileDigest(file);
    const key = `probes/${sha256}`;
    await storage.put(key, file);
    const found = await storage.size(key);
    if (found !== size)
      throw new StorageUnusable({
        storage: storage.url,
        reason: 'an object stored there is not there afterwards',
      });
  });
}
