import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type UnitStatus, unitSchema } from '../../state/model/unit-schemas.js';
import { readUnitState, type UnitState } from '../../control/status/snapshot.js';

const since = (): string => new Date().toISOString();

/** Writes into the state what an agent would, and does nothing else. */
export class FakeAgent {
  constructor(
    readonly coordinator: Coordinator,
    readonly machine = 'm0',
  ) {}

  /** Registers the machine. */
  async register(): Promise<this> {
    await this.coordinator.create(
      paths.machine(this.machine),
      nodeValue({ hostname: `${this.machine}.test`, kept: { units: 0, bytes: 0 } }),
    );
    await this.coordinator.create(`${paths.machine(this.machine)}/units`, '{}');
    return this;
  }

  /** Comes up. */
  async up(): Promise<this> {
    const presence = { pid: process.pid, version: '0.1.0', since: since() };
    await this.coordinator.create(paths.agent(this.machine), nodeValue(presence), { ephemeral: true });
    return this;
  }

  async down(): Promise<void> {
    await this.coordinator.remove(paths.agent(this.machine));
  }

  async unit(name: string): Promise<UnitState> {
    const state = await readUnitState(this.coordinator, name);
    if (state === undefined) throw new Error(`${name} does not exist`);
    return state;
  }

  /** Reports a unit's state. */
  async report(name: string, status: Partial<UnitStatus> & Pick<UnitStatus, 'state'>): Promise<void> {
    await this.coordinator.set(paths.status(name), nodeValue({ since: since(), message: '', ...status }));
  }

  /** Brings a new unit to `started` on its service's formula. */
  async start(name: string, formula: string): Promise<void> {
    await this.report(name, { state: 'installing' });
    await this.#setFormula(name, formula, { state: 'started' }, false);
  }

  /** Takes a unit through the steps of an upgrade and commits it. */
  async upgrade(name: string, to: string): Promise<void> {
    const from = (await this.unit(name)).unit.formula ?? 'nothing';
    for (const step of ['fetching', 'staging'] as const) {
      await this.report(name, { state: 'started', upgrade: { step, from, to, since: since() } });
    }
    await this.report(name, { state: 'upgrading', upgrade: { step: 'hook', from, to, since: since() } });
    await this.#setFormula(name, to, { state: 'started' }, true);
  }

  /** Ends a unit's upgrade in `upgrade-error`. */
  async failUpgrade(name: string, to: string, message: string): Promise<void> {
    const from = (await this.unit(name)).unit.formula ?? 'nothing';
    await this.report(name, {
      state: 'upgrade-error',
      message,
      upgrade: { step: 'hook', from, to, since: since() },
    });
  }

  async #setFormula(
    name: string,
    formula: string,
    status: Pick<UnitStatus, 'state'>,
    clearFlag: boolean,
  ): Promise<void> {
    const unit = await readEntity(this.coordinator, paths.unit(name), unitSchema);
    if (unit === undefined) throw new Error(`${name} does not exist`);
    const operations: Operation[] = [
      {
        kind: 'set',
        path: paths.unit(name),
        value: nodeValue({ ...unit.value, formula }),
        version: unit.version,
      },
      { kind: 'set', path: paths.status(name), value: nodeValue({ since: since(), message: '', ...status }) },
    ];
    if (clearFlag) operations.push({ kind: 'remove', path: paths.upgrade(name) });
    await this.coordinator.transaction(operations);
  }
}
