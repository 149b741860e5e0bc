import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess } from '../../state/platform/end-process.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work` with a directory of its own for bundles, which is gone afterwards. A signal ends the process as ever, but
 * takes the directory along.
 */
export async function withWorkDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'ensemble-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  const end = (signal: (typeof SIGNALS)[number]): void => {
    remove();
    endProcess(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.once(signal, end);
  try {
    return await work(directory);
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
    remove();
  }
}
