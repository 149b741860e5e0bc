import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { eventually } from '../eventually.js';
import { breakerRows } from './breaker-rows.js';
import { coordinatorRows } from './coordinator-rows.js';
import type { DeedRow } from './deed.js';
import { identityRows, setBackRows } from './identity-rows.js';
import { livesRows } from './lives-rows.js';
import { operatorRows } from './operator-rows.js';
import { ends } from './outside-row.js';
import { s3Rows } from './s3-rows.js';
import { type StageName, stages } from './stages.js';
import { stoppedRows } from './stopped-rows.js';
import { storageRows } from './storage-rows.js';

const run = promisify(execFile);

/** A small disk for everything of the machine; only root can make one. */
const fullDisk = (stage: StageName): DeedRow =>
  ends('embedded', stage, 'the disk of the machine is full (tmpfs)', 'everywhere', async ({ world, ask }) => {
    const machine = world.path('machines', 'm0');
    const kept = world.path('kept');
    await mkdir(machine, { recursive: true });
    await rename(machine, kept);
    await mkdir(machine);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', machine]);
    await run('cp', ['-a', `${kept}/.`, machine]);
    const process = await world.agentProcess();
    try {
      await run('sh', ['-c', `cat /dev/zero >"${machine}/filler" 2>/dev/null || true`]);
      await ask();
      await eventually(() =>
        assert.ok(
          process.lines().some((line) => /no space|disk is full/i.test(JSON.stringify(line))),
          'the agent says that the disk is full',
        ),
      );
      await rm(`${machine}/filler`);
      await world.untilOn(stages[stage].after ?? '');
      // Moved to where the world's own checks find it after the disk is gone.
      await eventually(async () => {
        const { status } = await world.unit();
        assert.equal(status.state, 'started');
      });
    } finally {
      await process.kill();
      await rm(kept, { recursive: true, force: true, maxRetries: 10 });
      await run('cp', ['-a', machine, kept]);
      await run('umount', ['-l', machine]);
      await rm(machine, { recursive: true });
      await rename(kept, machine);
    }
  });

/** The cases whose fault is outside of the agent: storage, disk, coordinator, operators, and what ends every agent. */
export const outsideRows: readonly DeedRow[] = [
  ...storageRows,
  ...s3Rows,
  ...(process.getuid?.() === 0 ? [fullDisk('install'), fullDisk('upgrade')] : []),
  ...coordinatorRows,
  ...stoppedRows,
  ...livesRows,
  ...operatorRows('embedded'),
  ...operatorRows('zookeeper'),
  ...identityRows('embedded'),
  ...identityRows('zookeeper'),
  ...setBackRows,
  ...breakerRows,
];
