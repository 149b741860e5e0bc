import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readSecret, type WatcherRules } from '../../state/environments/watcher-section.js';
import type { Clock } from '../../state/platform/clock.js';
import { ListenerFailed } from './errors.js';
import { repositoriesOf } from './payload.js';
import { RateLimit } from './rate-limit.js';
import { isOfGithub, isOfGitlab, type SignedRequest } from './signatures.js';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly triggers: WatcherRules['triggers'];
  /** Has repositories looked at soon. @returns false where none of them is watched */
  readonly trigger: (keys: ReadonlySet<string>) => boolean | Promise<boolean>;
  /** The text of the metrics. */
  readonly metrics: () => Promise<string>;
  readonly clock: Clock;
  /** Told of each webhook: its answer. */
  readonly answered?: (forge: string, status: number) => void;
  /** Told why a secret cannot be read. */
  readonly failed: (reason: string) => void;
}

/** Where it listens, until it is closed. */
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Bytes of a body: forges send a list of commits, of which only the repository is read. */
const MOST_BODY = 4 * 1024 * 1024;
const MOST_CONNECTIONS = 64;
const RATE = { burst: 60, perSecond: 5 } as const;

type Forge = keyof WatcherRules['triggers'];

const FORGES: Readonly<Record<string, Forge>> = { '/hooks/github': 'github', '/hooks/gitlab': 'gitlab' };

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Listens for webhooks of forges, which say nothing but that a repository is to be looked at now, and for whoever scrapes
 * the metrics. Whom it does not know it tells nothing; nothing of a request is believed but which repository it names.
 * @throws ListenerFailed where the address is not to be had
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { host, port } = options;
  const limit = new RateLimit(RATE);
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    void answer(options, limit, request)
      .catch((): Answer => ({ status: 500, text: 'it failed' }))
      .then((given) => send(request, response, given));
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new ListenerFailed(
          { address: `${host}:${port}`, reason: error.code ?? error.message },
          { cause: error },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function answer(options: ListenerOptions, limit: RateLimit, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '').replace(/\?.*$/s, '');
  if (path === '/metrics') return metricsFor(options, request);
  const forge = FORGES[path];
  const secretFile = forge === undefined ? undefined : options.triggers[forge];
  if (forge === undefined || secretFile === undefined) return { status: 404, text: 'there is nothing here' };
  const given = await webhook(options, limit, request, forge, secretFile);
  options.answered?.(forge, given.status);
  return given;
}

async function metricsFor({ metrics }: ListenerOptions, { method }: IncomingMessage): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, text: 'it is read by GET', headers: { allow: 'GET, HEAD' } };
  return {
    status: 200,
    text: await metrics(),
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
  };
}

async function webhook(
  { clock, failed, trigger }: ListenerOptions,
  limit: RateLimit,
  request: IncomingMessage,
  forge: Forge,
  secretFile: string,
): Promise<Answer> {
  const wait = limit.take(request.socket.remoteAddress ?? '', clock.monotonic());
  if (wait > 0)
    return {
      status: 429,
      text: 'too many',
      headers: { 'retry-after': String(Math.ceil(wait / 1_000)) },
    };
  if (request.method !== 'POST')
    return { status: 405, text: 'it is sent by POST', headers: { allow: 'POST' } };
  const body = await bodyOf(request);
  if (body === undefined) return { status: 413, text: 'too large' };
  const read = readSecret(secretFile);
  if ('reason' in read) {
    failed(read.reason);
    return { status: 401, text: 'it is not signed as it should be' };
  }
  const signed: SignedRequest = { headers: request.headers, body };
  const isTheirs =
    forge === 'github' ? isOfGithub(signed, read.secret) : isOfGitlab(signed, read.secret, clock.now());
  if (!isTheirs) return { status: 401, text: 'it is not signed as it should be' };
  const keys = repositoriesOf(body);
  // GitHub asks so whether anybody is here, for an organisation too.
  if (request.headers['x-github-event'] === 'ping') return { status: 202, text: 'here' };
  if (!(await trigger(keys))) return { status: 404, text: 'no service came from there' };
  return { status: 202, text: 'it is looked at' };
}

/** Undefined of one that is too large, of which no more is read. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MOST_BODY) return undefined;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    const bytes: Buffer = piece;
    length += bytes.length;
    if (length > MOST_BODY) return undefined;
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, text, headers = {} }: Answer,
): void {
  // What was not read stays in the way of the next request of the connection.
  const isRead = request.complete;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    ...headers,
    ...(!isRead && { connection: 'close' }),
  });
  const isShort = request.method === 'HEAD';
  response.end(isShort ? undefined : text.endsWith('\n') ? text : `${text}\n`, () => {
    if (!isRead) request.destroy();
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
