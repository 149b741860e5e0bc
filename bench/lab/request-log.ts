import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before an HTTP server and notes every request: its method and path. */
export interface RequestLog {
  readonly address: string;
  readonly requests: readonly string[];
}

/** @param target `http://host:port` */
export async function logRequests(target: string): Promise<RequestLog> {
  const requests: string[] = [];
  const server = createServer((asked, answer) => {
    const { method, url = '/', headers } = asked;
    requests.push(`${method} ${url}`);
    // The headers as they came: the host is a part of what a request of S3 signs.
    const onward = request(new URL(url, target), { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
