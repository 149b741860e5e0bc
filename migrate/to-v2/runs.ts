import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseStat } from '../../state/platform/process-stat.js';
import { shellWord } from '../../state/platform/shell-word.js';
import { flush, replace } from '../contract/replace.js';
import { type Item, ItemBroken, type Subject } from '../contract/step.js';

/**
 * The runs of hooks that were not dealt with. Before, `process` had a third line, who waits for the hook, only where that was
 * not the process that leads the hook's group; from v2 on always. A run that no process has claimed is claimed for nobody, as
 * the next agent would do: so none that is just beginning writes the older form afterwards.
 */
export function runItems({ directory }: Subject): readonly Item[] {
  const runs = join(directory, 'runs');
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((name) => !name.endsWith('.removed') && statSync(join(runs, name)).isDirectory())
    .sort()
    .map((name) => ({ kind: 'run', name: join('runs', name), look: () => lookAt(join(runs, name)) }));
}

async function lookAt(run: string): Promise<(() => Promise<void>) | undefined> {
  if (!existsSync(join(run, 'claim')))
    return async () => {
      claimForNobody(run);
      // A hook that was quicker has its claim now.
      await (await lookAt(run))?.();
    };
  // Claimed for nobody: the hook never began.
  if (readFileSync(join(run, 'claim'), 'utf8') !== '') return undefined;
  const file = join(run, 'process');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const [leader = '', since = '', waiter = ''] = text.split('\n');
  if (parseStat(leader) === undefined || !/^\d+ [\d.]+$/.test(since))
    throw new ItemBroken(
      'it does not say which process runs the hook, which counts as killed and runs again',
      `end what is left of it, if anything is; its files: ls -l ${shellWord(run)}`,
    );
  if (parseStat(waiter) !== undefined) return undefined;
  return async () => replace(file, `${leader}\n${since}\n${leader}\n`);
}

function claimForNobody(run: string): void {
  const aside = join(run, '.claim.next');
  const file = openSync(aside, 'w', 0o600);
  try {
    writeSync(file, 'never started\n');
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    // A link comes into being with its content, so that it is not taken for the hook's own claim, which is empty.
    linkSync(aside, join(run, 'claim'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  rmSync(aside);
  flush(run);
}
