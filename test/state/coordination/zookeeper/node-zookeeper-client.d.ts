/** The bare client, as far as tests and benchmarks compare with it. */
declare module 'node-zookeeper-client' {
  type Done<T> = (error: Error | null, found?: T) => void;

  interface Client extends NodeJS.EventEmitter {
    connect(): void;
    close(): void;
    addAuthInfo(scheme: string, auth: Buffer): void;
    getACL(path: string, done: (error: Error | null, acl: readonly object[]) => void): void;
    create(path: string, data: Buffer, done: Done<string>): void;
    exists(path: string, watcher: () => void, done: Done<object | null>): void;
    getData(path: string, done: Done<Buffer>): void;
    getChildren(path: string, done: Done<string[]>): void;
    getChildren(path: string, watcher: () => void, done: Done<string[]>): void;
    transaction(): Transaction;
  }

  interface Transaction {
    create(path: string, data: Buffer): Transaction;
    setData(path: string, data: Buffer, version: number): Transaction;
    remove(path: string): Transaction;
    commit(done: (error: Error | null) => void): void;
  }

  export function createClient(servers: string, options?: { readonly sessionTimeout: number }): Client;
}
