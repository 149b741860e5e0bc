import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Coordinator, CoordinatorOptions } from '../../../../state/coordination/coordinator.js';
import { openCoordinator } from '../../../../state/coordination/open.js';

/** A directory for one test's store, and the clients that the test opened on it. */
export class StoreDirectory {
  readonly #opened: Coordinator[] = [];

  private constructor(
    /** Exists; holds the store as `state`. */
    readonly path: string,
    readonly url = `embedded:${path}/state`,
  ) {}

  static async make(): Promise<StoreDirectory> {
    return new StoreDirectory(await mkdtemp(join(tmpdir(), 'ensemble-embedded-')));
  }

  async open(options?: CoordinatorOptions): Promise<Coordinator> {
    const coordinator = await openCoordinator(this.url, options);
    this.#opened.push(coordinator);
    return coordinator;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#opened.map((coordinator) => coordinator.close()));
    await rm(this.path, { recursive: true });
  }
}
