import { once } from 'node:events';
import { type Client, createClient } from 'node-zookeeper-client';

/** One write of a node; without a value it is `{}`. */
export interface BareWrite {
  readonly kind: 'create' | 'set' | 'remove';
  readonly path: string;
  readonly value?: string;
}

/** The client library with nothing of Ensemble around it: the floor of what the coordinator costs. */
export class BareClient {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** @param url as environments have it */
  static async open(url: string): Promise<BareClient> {
    const client = createClient(url.replace(/^zookeeper:\/\//, ''), { sessionTimeout: 30_000 });
    const connected = once(client, 'connected');
    client.connect();
    await connected;
    return new BareClient(client);
  }

  close(): void {
    this.#client.close();
  }

  children(path: string): Promise<readonly string[]> {
    return new Promise((resolve, reject) =>
      this.#client.getChildren(path, (error, names) => (error ? reject(error) : resolve(names ?? []))),
    );
  }

  /** Undefined where there is none. */
  get(path: string): Promise<Buffer | undefined> {
    return new Promise((resolve) => this.#client.getData(path, (_error, data) => resolve(data)));
  }

  /** Writes in transactions of 500, all under way at once. */
  async write(writes: readonly BareWrite[]): Promise<void> {
    const commits: Promise<void>[] = [];
    for (let start = 0; start < writes.length; start += 500) {
      const transaction = this.#client.transaction();
      for (const { kind, path, value } of writes.slice(start, start + 500))
        if (kind === 'create') transaction.create(path, Buffer.from(value ?? '{}'));
        else if (kind === 'set') transaction.setData(path, Buffer.from(value ?? '{}'), -1);
        else transaction.remove(path);
      commits.push(
        new Promise((resolve, reject) => transaction.commit((error) => (error ? reject(error) : resolve()))),
      );
    }
    await Promise.all(commits);
  }

  /** Creates or removes nodes in transactions of 500, all under way at once. */
  async each(kind: 'create' | 'remove', paths: readonly string[], value: Buffer): Promise<void> {
    const commits: Promise<void>[] = [];
    for (let start = 0; start < paths.length; start += 500) {
      const transaction = this.#client.transaction();
      for (const path of paths.slice(start, start + 500))
        if (kind === 'create') transaction.create(path, value);
        else transaction.remove(path);
      commits.push(
        new Promise((resolve, reject) => transaction.commit((error) => (error ? reject(error) : resolve()))),
      );
    }
    await Promise.all(commits);
  }
}
