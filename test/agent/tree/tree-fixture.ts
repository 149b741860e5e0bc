import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log, LogLevel } from '../../../agent/contract/log.js';
import type { MirrorTree } from '../../../agent/tree/mirror.js';
import type { ClaimMemory, Identity } from '../../../agent/tree/identity.js';
import { openHistories } from '../../../agent/tree/histories.js';
import { treeWriter } from '../../../agent/tree/tree-writer.js';
import { UnitNode } from '../../../agent/tree/unit-node.js';
import { systemClock } from '../../../state/platform/clock.js';
import type { Coordinator, Operation } from '../../../state/coordination/coordinator.js';
import { openCoordinator } from '../../../state/coordination/open.js';
import { bootstrapTree } from '../../../state/model/layout.js';
import { createService } from '../../../state/model/services.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { requireUnit } from '../../../state/model/units.js';

/** An agent as it names itself; of one data directory unless `place` says otherwise. */
export function identityOf(machine: string, agentId = 'mine', place = 'here'): Identity {
  const description = { hostname: 'here' };
  return { machine, agentId, version: '0.0.0', description, dataDirectory: '/nowhere', boot: 'boot', place };
}

/** The claims of a data directory, for as long as the test goes. */
export function claimMemory(claims: readonly string[] = []): ClaimMemory {
  const known = [...claims];
  return {
    known: () => known,
    async remember(claim) {
      known.push(claim);
    },
  };
}

/** Throws what a transaction is to fail with; `after` it was applied, or instead of that. */
export interface Fault {
  readonly error: Error;
  readonly applied: boolean;
}

/** A real state tree for tests of what the agent does with it, whose transactions are counted and may be made to fail. */
export class TreeFixture {
  /** The transactions that were tried. */
  readonly transactions: (readonly Operation[])[] = [];
  /** Taken one by one by the next transactions. */
  readonly faults: Fault[] = [];
  readonly logged: string[] = [];
  readonly #incarnations = new Map<string, string | undefined>();
  readonly log: Log;
  readonly #directory: string;

  private constructor(
    directory: string,
    /** Unwatched, for the tests themselves. */
    readonly real: Coordinator,
  ) {
    this.#directory = directory;
    const note =
      (level: LogLevel) =>
      (message: string): void => {
        this.logged.push(`${level}: ${message}`);
      };
    this.log = { debug: note('debug'), info: note('info'), warning: note('warning'), error: note('error') };
  }

  static async open(): Promise<TreeFixture> {
    const directory = await mkdtemp(join(tmpdir(), 'ensemble-tree-'));
    const real = await openCoordinator(`embedded:${directory}/state`);
    await bootstrapTree(real);
    return new TreeFixture(directory, real);
  }

  /** Makes service `f` with units that wait for a machine, or are on `machine`. */
  async units(count: number, machine?: string): Promise<readonly string[]> {
    const repository = { name: 'p', path: '/p' };
    await createService(this.real, 'f', { formula: 'p:f-1', repository }, {});
    const units = await addUnits(this.real, 'f', count, '2026-01-01T00:00:00Z', machine);
    for (const unit of units)
      this.#incarnations.set(unit, (await requireUnit(this.real, unit)).value.incarnation);
    return units;
  }

  coordinator(): Coordinator {
    const { real } = this;
    return {
      get: (path) => real.get(path),
      getMany: (paths) => real.getMany(paths),
      children: (path) => real.children(path),
      create: (path, value, options) => real.create(path, value, options),
      set: (path, value, version) => real.set(path, value, version),
      remove: (path, version) => real.remove(path, version),
      transaction: async (operations) => {
        this.transactions.push(operations);
        const fault = this.faults.shift();
        if (fault === undefined || fault.applied) await real.transaction(operations);
        if (fault !== undefined) throw fault.error;
      },
      observe: (path, look) => real.observe(path, look),
      observeChildren: (path, look) => real.observeChildren(path, look),
      onSession: (listener) => real.onSession(listener),
      savedSession: () => real.savedSession(),
      close: (options) => real.close(options),
    };
  }

  /** What the mirror of a unit writes by: its coordinator is the one whose transactions are counted. */
  mirrored(unit: string): MirrorTree {
    const coordinator = this.coordinator();
    const writer = treeWriter(coordinator, systemClock, Math.random);
    const node = new UnitNode(coordinator, unit, null, this.#incarnations.get(unit));
    return { coordinator, writer, node, histories: openHistories(coordinator, writer) };
  }

  async close(): Promise<void> {
    await this.real.close();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 10 });
  }
}
