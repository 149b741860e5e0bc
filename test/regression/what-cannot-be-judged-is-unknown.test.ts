import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { readWatchedRepositories } from '../../control/watching/watched-repositories.js';
import type { Environment } from '../../state/environments/environment.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { writeIndex } from '../../state/formula/repositories/write-index.js';
import { commitAll } from '../servers/git-server.js';
import { filesOf, WebServer } from '../servers/web-server.js';
import { useWatchedWorld } from '../watcher/watched-world.js';

describe('a repository that answers, and whose answer cannot be judged', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();

  async function deployed(): Promise<{
    readonly environment: Environment & { readonly coordinator: Coordinator };
    readonly id: string;
  }> {
    const environment = await at.world.environment();
    return { environment, id: await at.world.publish(environment, await at.world.formula('f', 'f', 1)) };
  }

  async function isKnown(coordinator: Coordinator): Promise<void> {
    assert.equal((await at.world.newer(coordinator, 's'))?.eligible, 2);
    const [record] = await readWatchedRepositories(coordinator);
    assert.deepEqual([record?.outcome, record?.error], ['ok', undefined]);
  }

  /** What was found before counts no more, the repository says why, and so does one report. */
  async function isUnknown(coordinator: Coordinator, why: RegExp): Promise<void> {
    const newer = await at.world.newer(coordinator, 's');
    assert.deepEqual([newer?.known, newer?.eligible], [false, null]);
    assert.match(newer?.why ?? '', why);
    const [record] = await readWatchedRepositories(coordinator);
    assert.equal(record?.outcome, 'unjudged');
    assert.match(record?.error ?? '', why);
    const failed = at.world.reports.filter(({ outcome }) => outcome === 'failed');
    assert.equal(failed.length, 1, JSON.stringify(failed));
    assert.match(failed[0]?.error ?? '', why);
  }

  it('makes its services unknown where the formula has gone from a directory, until it is back', async () => {
    const { world } = at;
    const { environment, id } = await deployed();
    const { coordinator } = environment;
    await world.formula('one/f-2', 'f', 2);
    await world.service(coordinator, 's', id, world.path('one'));
    const watcher = await world.watch([environment]);
    await isKnown(coordinator);
    await rename(world.path('one/f-2'), world.path('f-2'));
    await world.formula('one/z', 'z', 1);
    await watcher.pass();
    await watcher.pass();
    await isUnknown(coordinator, /one.*f/);
    await rename(world.path('f-2'), world.path('one/f-2'));
    await watcher.pass();
    await isKnown(coordinator);
    assert.equal(world.reports.filter(({ found }) => found === 'it answers again').length, 1);
  });

  it('makes its services unknown where a git repository was emptied', async () => {
    const { world } = at;
    const { environment, id } = await deployed();
    const { coordinator } = environment;
    await world.formula('git/f', 'f', 2);
    await commitAll(world.path('git'));
    await world.service(coordinator, 's', id, `git+file://${world.path('git')}`);
    const watcher = await world.watch([environment]);
    await isKnown(coordinator);
    await rm(world.path('git/f'), { recursive: true });
    await writeFile(world.path('git/README'), 'nothing here\n');
    await commitAll(world.path('git'));
    await watcher.pass();
    await isUnknown(coordinator, /holds no|no formula/);
  });

  it('makes its services unknown where its index is not signed by somebody known', async () => {
    const { world } = at;
    const { environment, id } = await deployed();
    const { coordinator } = environment;
    await world.formula('web/f-2', 'f', 2);
    await writeIndex(world.path('web'), { withdraw: [], restore: [] }, world.path('work'), 0);
    const server = await WebServer.start(filesOf(world.path('web')));
    try {
      await world.service(coordinator, 's', id, server.url);
      const before = await world.watch([environment]);
      await isKnown(coordinator);
      await before.stop();
      await writeFile(world.path('signers'), '');
      const trust = { signers: world.path('signers'), require: true };
      await world.watch([{ ...environment, trust }]);
      await isUnknown(coordinator, /signed|signature/);
    } finally {
      await server.stop();
    }
  });
});
