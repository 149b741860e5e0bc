/** Ends things when the agent ends: each once, also if that is asked for more than once. */
export class Endings {
  readonly #ends: (() => Promise<void> | void)[] = [];
  #first: () => Promise<void> | void = () => undefined;
  #ending: Promise<void> | undefined;

  /** @param end called when all that was added after it has ended */
  add(end: () => Promise<void> | void): void {
    this.#ends.push(end);
  }

  /** @param end called before any other, whenever it was added */
  addFirst(end: () => Promise<void> | void): void {
    this.#first = end;
  }

  /** Resolves when everything has ended. */
  end(): Promise<void> {
    this.#ending ??= this.#endAll();
    return this.#ending;
  }

  async #endAll(): Promise<void> {
    await this.#first();
    for (const end of this.#ends.reverse()) await end();
  }
}
