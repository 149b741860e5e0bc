import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import type { Environment } from '../../state/environments/environment.js';
import { bundleFormula } from '../../state/formula/bundle.js';
import { readFormula } from '../../state/formula/formula.js';
import { newChangeId } from '../../state/model/conflict.js';
import { nodeValue, parseEntity } from '../../state/model/entity.js';
import { registerFormula } from '../../state/model/formulas.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { type Newer, newerSchema } from '../../state/model/newer.js';
import { paths } from '../../state/model/paths.js';
import { createService, editService } from '../../state/model/services.js';
import type { WrittenPolicy } from '../../state/model/upgrade-policy.js';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import { bundleKey } from '../../state/storage/key.js';
import { openStorage } from '../../state/storage/open.js';
import type { Announcement } from '../../watcher/contract/announcement.js';
import type { LedParts, Part } from '../../watcher/contract/led.js';
import type { Report } from '../../watcher/contract/report.js';
import type { PollLimits } from '../../watcher/polling/poll.js';
import { startWatcher, type Watcher } from '../../watcher/watcher.js';

/** An hour: tests ask for passes themselves. */
const PERIOD = 3_600_000;

interface Watching {
  readonly limits?: PollLimits;
  readonly clock?: Clock;
  readonly period?: number;
  /** What happens when it came to lead, before it looks. */
  readonly before?: () => Promise<void>;
  /** What else is done in each pass. */
  readonly parts?: readonly Part[];
}

/** A directory for one test, with environments whose services came from repositories of the test's. */
export class WatchedWorld {
  readonly reports: Report[] = [];
  readonly announced: Announcement[] = [];
  readonly log: string[] = [];
  /** What announcing does before it is acknowledged. */
  receiving: () => Promise<void> = async () => undefined;
  readonly #coordinators: Coordinator[] = [];
  readonly #watchers: Watcher[] = [];

  private constructor(readonly root: string) {}

  static async open(): Promise<WatchedWorld> {
    return new WatchedWorld(await mkdtemp(join(tmpdir(), 'ensemble-watched-')));
  }

  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  /** Makes an environment. @param state the coordinator's URL; a store of its own by default */
  async environment(
    name = 'world',
    state = `embedded:${this.path(name, 'state')}`,
  ): Promise<Environment & { readonly coordinator: Coordinator }> {
    const storage = `file:${this.path(name, 'storage')}`;
    const coordinator = await openCoordinator(state);
    this.#coordinators.push(coordinator);
    await bootstrapTree(coordinator);
    return { name, state, storage, coordinator };
  }

  /** Writes a formula into a folder, which need not be a repository yet. */
  async formula(folder: string, name: string, revision: number, metadata = ''): Promise<string> {
    const directory = this.path(folder);
    const files = {
      'metadata.yaml': `name: ${name}\nrevision: ${revision}\nsummary: a test\n${metadata}`,
      'hooks/install': '#!/bin/sh\nexit 0\n',
    };
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), text, { mode: file.startsWith('hooks/') ? 0o755 : 0o644 });
    }
    return directory;
  }

  /** Publishes the formula in a folder as that of the repository `r`. @returns its id */
  async publish(
    environment: Environment & { readonly coordinator: Coordinator },
    folder: string,
  ): Promise<string> {
    const formula = await readFormula(folder);
    const { name, revision } = formula.metadata;
    const id = `r:${name}-${revision}`;
    const bundle = this.path(`${name}-${revision}.tar.gz`);
    const digest = await bundleFormula(folder, bundle);
    const storage = await openStorage(environment.storage);
    const storageKey = bundleKey(digest.sha256);
    await storage.put(storageKey, bundle);
    storage.close();
    const record = {
      ...digest,
      storageKey,
      metadata: { ...formula.metadata },
      config: { ...formula.config },
      hooks: ['install'],
      publishedAt: '2026-01-01T00:00:00Z',
    };
    await registerFormula(environment.coordinator, id, record, { path: folder, kind: 'directory' });
    return id;
  }

  /** Makes a service without units. */
  async service(
    coordinator: Coordinator,
    name: string,
    formula: string,
    repository: string,
    policy?: WrittenPolicy,
  ): Promise<void> {
    await createService(coordinator, name, { formula, repository: { name: 'r', path: repository } }, {});
    if (policy !== undefined) await this.policy(coordinator, name, policy);
  }

  /** Makes many services without units at once. */
  async services(
    coordinator: Coordinator,
    all: readonly { readonly name: string; readonly formula: string; readonly repository: string }[],
  ): Promise<void> {
    for (let index = 0; index < all.length; index += 100)
      await coordinator.transaction(
        all.slice(index, index + 100).flatMap(({ name, formula, repository }): readonly Operation[] => {
          const value = { formula, repository: { name: 'r', path: repository }, nextUnit: 0, change: 'test' };
          return [
            { kind: 'create', path: paths.service(name), value: nodeValue(value) },
            { kind: 'create', path: paths.config(name), value: '{}' },
            { kind: 'create', path: paths.serviceUnits(name), value: '{}' },
            { kind: 'create', path: paths.serviceRelations(name), value: '{}' },
          ];
        }),
      );
  }

  async policy(coordinator: Coordinator, name: string, policy: WrittenPolicy): Promise<void> {
    await editService(coordinator, name, (service) => ({ ...service, policy, change: newChangeId() }));
  }

  async newer(coordinator: Coordinator, service: string): Promise<Newer | undefined> {
    const path = paths.newer(service);
    return parseEntity(path, newerSchema, await coordinator.get(path))?.value;
  }

  /** Starts a watcher that makes a pass only where it is asked to; it leads everywhere when this resolves. */
  async watch(environments: readonly Environment[], options: Watching = {}): Promise<Watcher> {
    const watcher = this.standing(environments, options);
    await watcher.once();
    return watcher;
  }

  /** The same, which leads where nobody does, and stands by elsewhere. */
  standing(
    environments: readonly Environment[],
    {
      limits,
      clock = systemClock,
      period = PERIOD,
      before = async () => undefined,
      parts = [],
    }: Watching = {},
  ): Watcher {
    const watcher = startWatcher({
      environments,
      period,
      version: 'test',
      once: true,
      clock,
      random: Math.random,
      log: this.logging(),
      openParts: async () => {
        await before();
        return this.#parts(parts);
      },
      ...(limits !== undefined && { limits }),
    });
    this.#watchers.push(watcher);
    return watcher;
  }

  /** The watcher that was started so many others before. */
  watcherOf(index: number): Watcher {
    const watcher = this.#watchers[index];
    if (watcher === undefined) throw new Error('there is no such watcher');
    return watcher;
  }

  #parts(parts: readonly Part[]): LedParts {
    return {
      reporter: { report: (report) => void this.reports.push(report) },
      announcer: {
        announce: async (announcement) => {
          await this.receiving();
          this.announced.push(announcement);
        },
      },
      parts,
      close: async () => undefined,
    };
  }

  /** A log that is kept in `log`. */
  logging() {
    const note =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        this.log.push(
          `${level}: ${message} ${JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? value.message : value))}`,
        );
      };
    return { debug: note('debug'), info: note('info'), warning: note('warning'), error: note('error') };
  }

  async close(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.stop()));
    await Promise.all(this.#coordinators.map((coordinator) => coordinator.close()));
    await rm(this.root, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Gives every test of the suite it is called in a world that is gone afterwards. */
export function useWatchedWorld(): { readonly world: WatchedWorld } {
  let world: WatchedWorld | undefined;
  beforeEach(async () => {
    world = await WatchedWorld.open();
  });
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });
  return {
    get world() {
      if (world === undefined) throw new Error('the world is there within tests only');
      return world;
    },
  };
}
