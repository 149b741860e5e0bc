import { HookIsOver } from '../errors.js';
import { HookRelations } from './hook-relations.js';
import { applyPortChanges, formatPort, type Port } from './port.js';
import type { HookRelation } from './relation.js';
import type { UpgradeWord } from './pending-upgrade.js';
import type { HookWrites, SavedHookContext } from './saved.js';
import { type Json, Snapshot } from './snapshot.js';
import type { ConfigValue } from '../../state/formula/config-types.js';
import type { HookContextSource, LogLevel, WorkloadState } from './source.js';

/**
 * The state that the hook tools of one run act on. It refuses to know which hook it is and why it runs.
 *
 * Reads are a snapshot: the first value read is the value throughout. Writes are buffered until `finish`. Log lines
 * and status messages take effect at once.
 */
export class HookContext {
  readonly relations: HookRelations;
  readonly #source: HookContextSource;
  readonly #snapshot: Snapshot;
  /** By port; true: to be opened. The last word on a port counts. */
  readonly #ports: Map<string, { port: Port; open: boolean }>;
  #over = false;

  /**
   * @param id the run's id
   * @param saved what `save` gave, where the run is adopted
   * @param relation in a relation hook, the relation it is about
   */
  constructor(
    readonly id: string,
    source: HookContextSource,
    saved?: SavedHookContext,
    relation?: HookRelation,
  ) {
    this.#source = source;
    this.#snapshot = new Snapshot(saved?.reads);
    this.#ports = new Map();
    for (const port of saved?.writes.ports.opened ?? [])
      this.#ports.set(formatPort(port), { port, open: true });
    for (const port of saved?.writes.ports.closed ?? [])
      this.#ports.set(formatPort(port), { port, open: false });
    this.relations = new HookRelations(
      source,
      { read: (key, read) => this.#read(key, read), change: (apply) => this.#change(apply) },
      saved?.writes.relations ?? {},
      relation,
    );
  }

  /** The unit whose hook it is, e.g. `mysql/0`. */
  get unit(): string {
    return this.#source.unit;
  }

  config(): Promise<Readonly<Record<string, ConfigValue>>> {
    return this.#read('config', () => this.#source.config());
  }

  address(kind: 'private' | 'public'): Promise<string> {
    return this.#read(`address/${kind}`, () => this.#source.address(kind));
  }

  /** The open ports as this hook sees them, with its own changes. */
  async ports(): Promise<Port[]> {
    const before = await this.#read('ports', async () =>
      (await this.#source.ports()).map(({ number, protocol }) => ({ number, protocol })),
    );
    return applyPortChanges(before, this.#writes().ports);
  }

  openPort(port: Port): Promise<void> {
    return this.#changePort(port, true);
  }

  closePort(port: Port): Promise<void> {
    return this.#changePort(port, false);
  }

  async log(level: LogLevel, message: string): Promise<void> {
    this.#assertOngoing();
    await this.#source.log(level, message);
  }

  async status(message: string, state?: WorkloadState): Promise<void> {
    this.#assertOngoing();
    await this.#source.status(message, state);
  }

  /** The unit's word on an upgrade, its own or that of a unit that it is related to: as it is now, and at once. */
  upgrade(of?: string): UpgradeWord {
    this.#assertOngoing();
    return this.#source.upgrade(of);
  }

  save(): SavedHookContext {
    return { reads: this.#snapshot.save(), writes: this.#writes() };
  }

  /** Ends the context and gives what it buffered: to be written where the hook succeeded, dropped otherwise. */
  finish(): HookWrites {
    this.#over = true;
    return this.#writes();
  }

  async #read<T extends Json>(key: string, read: () => T | Promise<T>): Promise<T> {
    this.#assertOngoing();
    return this.#snapshot.read(key, read, () => this.#source.keep(this.save()));
  }

  #changePort(port: Port, open: boolean): Promise<void> {
    return this.#change(() => {
      const key = formatPort(port);
      const before = this.#ports.get(key);
      this.#ports.set(key, { port, open });
      return () => {
        if (before) this.#ports.set(key, before);
        else this.#ports.delete(key);
      };
    });
  }

  async #change(apply: () => () => void): Promise<void> {
    this.#assertOngoing();
    const undo = apply();
    try {
      await this.#source.keep(this.save());
    } catch (error) {
      // The hook is told that its call failed, so nothing may come of it.
      undo();
      throw error;
    }
  }

  #writes(): HookWrites {
    const ports = [...this.#ports.values()];
    return {
      ports: {
        opened: ports.filter(({ open }) => open).map(({ port }) => port),
        closed: ports.filter(({ open }) => !open).map(({ port }) => port),
      },
      relations: this.relations.writes(),
    };
  }

  #assertOngoing(): void {
    if (this.#over) throw new HookIsOver({ id: this.id });
  }
}
