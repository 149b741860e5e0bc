import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request in the place of the server behind the gateway, and says so by true; anything else is passed on. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** An HTTP gateway in front of an S3 server. */
export interface S3Gateway {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Starts a gateway on 127.0.0.1. What it passes on keeps its headers, `Host` too, since they are signed. */
export async function startS3Gateway(target: string, answer: Answer): Promise<S3Gateway> {
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, response) => {
    if (answer(incoming, response)) return void incoming.resume();
    const { method, url: path, headers } = incoming;
    const passed = request({ hostname, port, method, path, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    passed.on('error', () => response.destroy());
    incoming.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** As AWS answers for a bucket of another region than a request is signed for. */
export function inRegion(region: string): Answer {
  return ({ headers, method }, response) => {
    const [, , signed] = /Credential=[^,]*/.exec(headers.authorization ?? '')?.[0].split('/') ?? [];
    if (signed === region) return false;
    response.writeHead(301, { 'x-amz-bucket-region': region, 'content-type': 'application/xml' });
    response.end(
      method === 'HEAD'
        ? undefined
        : `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.</Message></Error>`,
    );
    return true;
  };
}

/** Takes objects, and then knows nothing of them, as a gateway that only writes may. */
export const writeOnly: Answer = ({ method, url = '' }, response) => {
  const isOfObject = /^\/[^/?]+\/[^?]/.test(url);
  if (!isOfObject || (method !== 'HEAD' && method !== 'GET')) return false;
  response.writeHead(404).end();
  return true;
};
