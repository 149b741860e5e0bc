/** The bare client, as far as tests compare with it. */
declare module 'node-zookeeper-client' {
  interface Client extends NodeJS.EventEmitter {
    connect(): void;
    close(): void;
    addAuthInfo(scheme: string, auth: Buffer): void;
    getACL(path: string, done: (error: Error | null, acl: readonly object[]) => void): void;
  }
  export function createClient(servers: string): Client;
}
