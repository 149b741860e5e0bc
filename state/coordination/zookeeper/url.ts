import { CoordinatorUrlInvalid } from '../errors.js';

export interface Server {
  readonly host: string;
  readonly port: number;
}

/** The parts of a `zookeeper://` URL. */
export interface ZookeeperAddress {
  readonly servers: readonly Server[];
  /** Path under which the environment lives, without a trailing slash; empty for the server's own root. */
  readonly chroot: string;
  /** The URL as messages show it, with every port. */
  readonly display: string;
}

const DEFAULT_PORT = 2181;
const SCHEME = 'zookeeper://';
const SERVER = /^(?:\[(?<six>[0-9a-f:.]+(?:%[\w.-]+)?)\]|(?<name>[\w.-]+))(?::(?<port>\d{1,5}))?$/i;
const NAME = /^[\w.~+@=-]+$/;

/** The server as messages show it. */
export function serverName({ host, port }: Server): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Reads `zookeeper://host[:port][,host[:port]…][/path]`; a numeric IPv6 host stands in brackets. */
export function parseZookeeperUrl(url: string): ZookeeperAddress {
  const fail = (reason: string): never => {
    throw new CoordinatorUrlInvalid({ url: withoutCredentials(url), reason });
  };
  if (!url.startsWith(SCHEME)) return fail(`it does not start with ${SCHEME}`);
  const rest = url.slice(SCHEME.length);
  const slash = rest.indexOf('/');
  const hosts = slash === -1 ? rest : rest.slice(0, slash);
  if (hosts.includes('@')) return fail('it holds credentials; they belong in the environment’s `secret`');
  const servers = hosts.split(',').map((text): Server => {
    const match = SERVER.exec(text)?.groups;
    const host = match?.six ?? match?.name;
    const port = Number(match?.port ?? DEFAULT_PORT);
    if (host === undefined) {
      return fail(text === '' ? 'a server’s name is missing' : `“${text}” is no server`);
    }
    return port >= 1 && port <= 65_535 ? { host, port } : fail(`${port} is no port`);
  });
  const chroot = slash === -1 ? '' : rest.slice(slash).replace(/\/$/, '');
  for (const name of chroot.split('/').slice(1)) {
    if (name.includes(',')) return fail('the path stands once, behind the last server');
    if (!NAME.test(name) || name === '.' || name === '..') {
      return fail(name === '' ? 'its path has an empty part' : `“${name}” cannot be part of its path`);
    }
  }
  if (/^\/zookeeper(\/|$)/.test(chroot)) return fail('/zookeeper is ZooKeeper’s own');
  return { servers, chroot, display: `${SCHEME}${servers.map(serverName).join(',')}${chroot}` };
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//…@');
}
