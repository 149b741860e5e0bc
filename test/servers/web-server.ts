import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';

/** Answers one request. */
export type Answering = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A real web server on the loopback, which notes what it was asked. */
export class WebServer {
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers']; status: number }[] =
    [];
  /** What answers from now on. */
  answering: Answering;
  #port = 0;
  readonly #server: Server;

  private constructor(server: Server, answering: Answering) {
    this.#server = server;
    this.answering = answering;
  }

  static async start(answering: Answering): Promise<WebServer> {
    const server = createServer((request, response) => {
      const noted = { path: request.url ?? '', headers: request.headers, status: 0 };
      started.asked.push(noted);
      response.on('close', () => {
        noted.status = response.statusCode;
      });
      Promise.resolve(started.answering(request, response)).catch((error: Error) => response.destroy(error));
    });
    const started = new WebServer(server, answering);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the web server does not listen');
    started.#port = address.port;
    return started;
  }

  /** Also when it is stopped. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Shows the files of a directory, with an ETag of each, as web servers do. */
export function filesOf(root: string): Answering {
  return async (request, response) => {
    const path = join(root, normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname)));
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>');
      return;
    }
    const etag = `"${createHash('sha1').update(bytes).digest('hex')}"`;
    const isKnown = request.headers['if-none-match'] === etag;
    response.writeHead(isKnown ? 304 : 200, { etag, 'content-length': bytes.length });
    response.end(isKnown ? undefined : bytes);
  };
}
