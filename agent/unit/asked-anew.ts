/** Tells when an upgrade of a unit is asked for anew, as by who has mended what the unit waits for. */
export class AskedAnew {
  #version: number | undefined;
  #wake: () => void = () => undefined;
  #next: Promise<void> | undefined;

  /** @param version of the flag that asks for an upgrade; undefined where none stands */
  look(version: number | undefined): void {
    const isNew = version !== undefined && version !== this.#version;
    this.#version = version;
    if (!isNew) return;
    this.#next = undefined;
    this.#wake();
  }

  /** Resolves when it is asked for the next time. */
  next(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#next;
  }
}
