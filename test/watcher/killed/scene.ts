import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { readCandidates } from '../../../control/candidates/known-candidates.js';
import { readHistory } from '../../../control/history/read-history.js';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { paths } from '../../../state/model/paths.js';
import { readRollout } from '../../../state/model/rollout.js';
import { editService, requireService } from '../../../state/model/services.js';
import { readDeliveries } from '../../../state/model/watcher-deliveries.js';
import { type RunningWatcher, startWatcherProcess } from '../watcher-process.js';
import { commitAll, git } from '../../servers/git-server.js';
import { WatchedWorld } from '../watched-world.js';

/** One service for each policy that does something, and one whose repository has a candidate. */
const SERVICES = { told: 'notify', staged: 'stage', begun: 'auto', tried: 'notify' } as const;

/** What is offered to all scenes: the same files at the same place, so that fingerprints are the same too. */
export class Offers {
  private constructor(readonly world: WatchedWorld) {}

  static async open(): Promise<Offers> {
    const world = await WatchedWorld.open();
    await world.formula('f', 'f', 1);
    await world.formula('plain/f-2', 'f', 2);
    await world.formula('git/f', 'f', 2);
    await commitAll(world.path('git'));
    await git(world.path('git'), 'checkout', '--quiet', '-b', 'candidate/faster');
    await world.formula('git/f', 'f', 3);
    await commitAll(world.path('git'));
    await git(world.path('git'), 'checkout', '--quiet', 'main');
    return new Offers(world);
  }

  repositoryOf(service: keyof typeof SERVICES): string {
    return service === 'tried' ? `git+file://${this.world.path('git')}` : this.world.path('plain');
  }
}

/** An environment of which a watcher that is a process of its own makes one pass after the other. */
export class Scene {
  private constructor(
    readonly world: WatchedWorld,
    readonly coordinator: Coordinator,
  ) {}

  /** @param state the coordinator's URL; a store of its own by default */
  static async open(offers: Offers, state?: string): Promise<Scene> {
    const world = await WatchedWorld.open();
    const environment = await world.environment('world', state);
    const { coordinator } = environment;
    const id = await world.publish(environment, offers.world.path('f'));
    for (const [name, mode] of Object.entries(SERVICES)) {
      const repository = offers.repositoryOf(name as keyof typeof SERVICES);
      await world.service(coordinator, name, id, repository, { mode });
      // The same in each scene, so that fingerprints are too.
      await editService(coordinator, name, (service) => ({ ...service, incarnation: `life-of-${name}` }));
    }
    const lines = [
      `environments: {world: {state: '${environment.state}', storage: '${environment.storage}'}}`,
      `watcher: {sinks: {log: {file: '${world.path('announced')}'}}}`,
    ];
    await writeFile(world.path('environments.yaml'), `${lines.join('\n')}\n`);
    return new Scene(world, coordinator);
  }

  /** Starts the program. @param faults as `ENSEMBLE_FAULTS` has them */
  start(args: readonly string[], faults = 'none=throw'): RunningWatcher {
    return startWatcherProcess(
      { directory: this.world.root, home: this.world.root },
      ['-e', 'world', ...args],
      {
        ENSEMBLE_ALLOW_FAULTS: this.world.path('faults'),
        ENSEMBLE_FAULTS: faults,
      },
    );
  }

  /** Has one look once that comes to its end. */
  async lookOnce(faults?: string): Promise<void> {
    const { code, stdout, stderr } = await this.start(['--once'], faults).ended;
    assert.equal(code, 0, `${stdout}${stderr}`);
  }

  /** Has one look once that is killed on the way, and lets go of what a dead one holds until its session runs out. */
  async killedAt(point: string): Promise<void> {
    const { code, stdout, stderr } = await this.start(['--once'], `${point}=kill`).ended;
    assert.equal(code, null, `nothing killed it at ${point}: ${stdout}${stderr}`);
    assert.ok(existsSync(this.world.path('faults', `fired-${point}`)), `it passed ${point}`);
    await this.coordinator.remove(paths.watcherLeader).catch(() => undefined);
  }

  /** The fault points that were passed, each once. */
  async passed(): Promise<readonly string[]> {
    const text = await readFile(this.world.path('faults', 'passed'), 'utf8');
    const points = text.split('\n').filter((point) => point.startsWith('watcher.'));
    return [...new Set(points)].sort();
  }

  /** Announcements as their receiver got them. */
  async announced(): Promise<readonly { readonly id: string; readonly text: string }[]> {
    const text = await readFile(this.world.path('announced'), 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => ({ id: String(timeless(line).id), text: JSON.stringify(timeless(line)) }));
  }

  /** All that the watcher did for the services, without the times at which it did it. */
  async outcome(): Promise<unknown> {
    const { coordinator } = this;
    const services = await Promise.all(
      Object.keys(SERVICES).map(async (name) => {
        const [{ value }, newer, fingerprint, rollout] = await Promise.all([
          requireService(coordinator, name),
          coordinator.get(paths.newer(name)),
          coordinator.get(paths.watcherFingerprint(name)),
          readRollout(coordinator, name),
        ]);
        return {
          name,
          formula: value.formula,
          prefetch: value.prefetch,
          newer: timeless(newer?.value),
          fingerprint: timeless(fingerprint?.value),
          rollout: rollout?.value.to,
        };
      }),
    );
    const deliveries = await readDeliveries(coordinator, []);
    return {
      services,
      candidates: (await readCandidates(coordinator)).map(({ candidates, tried }) => ({
        candidates: candidates.map(({ key, commit, formula, revision }) => [key, commit, formula, revision]),
        tried,
      })),
      deliveries: deliveries.map(({ name, delivery }) => `${name} ${delivery.state}`).sort(),
      announced: [...new Set((await this.announced()).map(({ text }) => text))].sort(),
    };
  }

  /** What was asked for on the service that upgrades by itself, each time that it was. */
  async begun(): Promise<readonly (string | undefined)[]> {
    const request = { subject: 'begun', what: ['upgrade'], now: Date.now() };
    const { entries } = await readHistory({ coordinator: this.coordinator }, request, []);
    return entries.map(({ to }) => to);
  }

  async close(): Promise<void> {
    await this.world.close();
  }
}

/** A JSON object without the instants in it. */
function timeless(text = '{}'): Record<string, unknown> {
  const { at: _at, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return rest;
}
