import { isDeepStrictEqual } from 'node:util';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { NodeNotFound } from '../../state/coordination/errors.js';
import { type Entity, nodeValue, readEntity } from '../../state/model/entity.js';
import { checkLife, isOfLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import { type Unit, unitSchema } from '../../state/model/unit-schemas.js';

/** The agent's part of a unit's node. All else is others', also keys that this release does not know. */
export type OwnPart = Pick<Unit, 'formula' | 'addresses' | 'ports' | 'earlier' | 'bad'>;

/** The agent's part of the node; a key that is absent is absent there too. */
export function ownPart(unit: Unit): OwnPart {
  const { formula, addresses, ports, earlier, bad } = unit;
  return {
    formula,
    ports,
    ...(addresses && { addresses }),
    ...(earlier && { earlier }),
    ...(bad && { bad }),
  };
}

/**
 * `/units/<unit>` as its agent writes it: by version, so that what others wrote there since it was read is kept. The
 * version is known from the last reading or writing; only after a conflict the node is read again.
 */
export class UnitNode {
  readonly #path: string;
  #entity: Entity<Unit> | undefined;
  #ahead: Entity<Unit> | undefined;
  readonly #coordinator: Coordinator;
  readonly #name: string;
  readonly #machine: string | null;
  readonly #incarnation: string | undefined;

  /**
   * @param machine where the unit is; one of another machine got the name after this one was removed by force
   * @param incarnation of the unit; another life may have its name
   */
  constructor(
    coordinator: Coordinator,
    name: string,
    machine: string | null,
    incarnation: string | undefined,
  ) {
    this.#coordinator = coordinator;
    this.#name = name;
    this.#machine = machine;
    this.#incarnation = incarnation;
    this.#path = paths.unit(name);
  }

  /** As it was read or written last; undefined where it was not read yet, or is not this unit's. */
  value(): Unit | undefined {
    return this.#entity?.value;
  }

  /** Makes a write apply to this unit alone, and not to another life of its name. */
  life(): readonly Operation[] {
    return checkLife(this.#name, this.#incarnation);
  }

  /** @throws NodeInvalid */
  async read(): Promise<Unit | undefined> {
    const found = await readEntity(this.#coordinator, this.#path, unitSchema);
    const isOwn = found?.value.machine === this.#machine && isOfLife(this.#incarnation, found.value);
    this.#entity = isOwn ? found : undefined;
    return this.value();
  }

  /**
   * The operations that make the node say so; none if it does.
   * @param tries of the write, from 0; after the first the node is read again
   * @throws NodeNotFound if there is no such unit on this machine, or another life of it
   */
  async operations(part: OwnPart, tries: number): Promise<readonly Operation[]> {
    if (tries > 0 || this.#entity === undefined) await this.read();
    const entity = this.#entity;
    if (entity === undefined) throw new NodeNotFound({ path: this.#path });
    if (isDeepStrictEqual(ownPart(entity.value), part)) {
      this.#ahead = entity;
      return [];
    }
    const none = { addresses: undefined, earlier: undefined, bad: undefined };
    const value: Unit = { ...entity.value, ...none, ...part };
    this.#ahead = { value, version: entity.version + 1 };
    return [{ kind: 'set', path: this.#path, value: nodeValue(value), version: entity.version }];
  }

  /** Told when the operations that `operations` gave last are through. */
  written(): void {
    this.#entity = this.#ahead ?? this.#entity;
  }
}
