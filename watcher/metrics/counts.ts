/** Counts by words, such as polls by their outcome, since the process began. */
export class Counts {
  readonly #counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>();

  add(labels: Readonly<Record<string, string>>, value = 1): void {
    const key = JSON.stringify(labels);
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { labels, value });
    else known.value += value;
  }

  get samples(): readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[] {
    return [...this.#counts.values()];
  }
}
