/** A JSON value, as a snapshot and a journal hold it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * The values that a hook has read so far: the first value of every key is its value for good. Keys name what was
 * read, e.g. `config`, `ports`, `relation/db:4/settings/mysql/0`.
 */
export class Snapshot {
  readonly #values: Map<string, Json>;
  readonly #reading = new Map<string, Promise<Json>>();

  constructor(saved: Readonly<Record<string, Json>> = {}) {
    this.#values = new Map(Object.entries(saved));
  }

  /**
   * The value of `key`; read now if it is the first time, by `read`, and then given to `keep` before anybody sees it.
   * Tools of a hook may run side by side: they share one read. A read that fails is no reading; the next one tries.
   */
  async read<T extends Json>(key: string, read: () => T | Promise<T>, keep: () => Promise<void>): Promise<T> {
    if (!this.#reading.has(key)) {
      const reading = this.#readFirst(key, read, keep);
      this.#reading.set(key, reading);
      reading.catch(() => this.#reading.delete(key));
    }
    return (await this.#reading.get(key)) as T;
  }

  save(): Record<string, Json> {
    return Object.fromEntries(this.#values);
  }

  async #readFirst(key: string, read: () => Json | Promise<Json>, keep: () => Promise<void>): Promise<Json> {
    const saved = this.#values.get(key);
    if (saved !== undefined) return saved;
    const value = await read();
    this.#values.set(key, value);
    try {
      await keep();
    } catch (error) {
      this.#values.delete(key);
      throw error;
    }
    return value;
  }
}
