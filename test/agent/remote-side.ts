import type { Coordinator } from '../../state/coordination/coordinator.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';

/**
 * The units of the other service of a relation, played by a test: they come, change what they set, lose their agent, come
 * back and go for good, as fast as the tree takes it. Every setting is another one.
 */
export class RemoteSide {
  /** Who is there, with what they set last. */
  readonly present = new Map<string, string>();
  readonly #away = new Set<string>();
  #units = 0;
  #settings = 0;
  readonly #coordinator: Coordinator;
  readonly #meeting: string;
  readonly #service: string;
  readonly #random: () => number;

  constructor(coordinator: Coordinator, meeting: string, service: string, random: () => number) {
    this.#coordinator = coordinator;
    this.#meeting = meeting;
    this.#service = service;
    this.#random = random;
  }

  async comes(): Promise<string> {
    const unit = `${this.#service}/${this.#units}`;
    this.#units += 1;
    const { value, text } = this.#next();
    await this.#coordinator.create(paths.settings(this.#meeting, unit), text);
    await this.#appears(unit, value);
    return unit;
  }

  /** Does so much, of all that can happen, one thing after the other. */
  async acts(times: number): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      const [there, away] = [this.#one([...this.present.keys()]), this.#one([...this.#away])];
      const chance = this.#random();
      if (there === undefined || chance < 0.2) await this.comes();
      else if (chance < 0.6) await this.#changes(there);
      else if (chance < 0.75) await this.#leaves(there, false);
      else if (chance < 0.9 && away !== undefined) await this.#comesBack(away);
      else await this.#leaves(there, true);
    }
  }

  /** Everybody who is away comes back. */
  async gathers(): Promise<void> {
    for (const unit of [...this.#away]) await this.#comesBack(unit);
  }

  async #changes(unit: string): Promise<void> {
    const { value, text } = this.#next();
    await this.#coordinator.set(paths.settings(this.#meeting, unit), text);
    this.present.set(unit, value);
  }

  async #leaves(unit: string, forGood: boolean): Promise<void> {
    await this.#coordinator.remove(paths.member(this.#meeting, unit));
    this.present.delete(unit);
    if (forGood) await this.#coordinator.remove(paths.settings(this.#meeting, unit));
    else this.#away.add(unit);
  }

  async #comesBack(unit: string): Promise<void> {
    const { value, text } = this.#next();
    await this.#coordinator.set(paths.settings(this.#meeting, unit), text);
    this.#away.delete(unit);
    await this.#appears(unit, value);
  }

  async #appears(unit: string, value: string): Promise<void> {
    await this.#coordinator.create(paths.member(this.#meeting, unit), '{}', { ephemeral: true });
    this.present.set(unit, value);
  }

  #next(): { readonly value: string; readonly text: string } {
    this.#settings += 1;
    const value = `v${this.#settings}`;
    return { value, text: nodeValue({ value }) };
  }

  #one(units: readonly string[]): string | undefined {
    return units[Math.floor(this.#random() * units.length)];
  }
}
