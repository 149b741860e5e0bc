import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stage } from './stage.js';

/** Why no file system can be mounted here; undefined where one can. */
export function cannotMount(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'ensemble-mount-'));
  try {
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', directory], { encoding: 'utf8' });
    if (status === 0) spawnSync('umount', [directory]);
    return status === 0 ? undefined : `no file system can be mounted here: ${stderr.trim()}`;
  } finally {
    rmdirSync(directory);
  }
}

/** Does `act` while a directory is a disk of its own, of so many megabytes. What has files open there must end with it. */
export async function onDisk(
  stage: Stage,
  directory: string,
  megabytes: number,
  act: () => Promise<void>,
): Promise<void> {
  await stage.ok(`mount -t tmpfs -o size=${megabytes}m,mode=700 tmpfs ${directory}`);
  try {
    await act();
  } finally {
    await stage.ok(`umount ${directory}`);
  }
}
