// The balancer: `node server.mjs DATA-DIRECTORY ADDRESS PORT SECONDS`. It passes requests on to the units listed in
// backends.json, [{unit, host, port}], and reads the list again on SIGHUP without touching what is under way. A request
// waits up to SECONDS for a unit that answers it.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request as ask, createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const [directory, address, port, patience] = process.argv.slice(2);
const LARGEST_BODY = 1_000_000;
/** Milliseconds that a unit may be silent. */
const SILENCE = 5_000;
/** Milliseconds until a request that no unit took is offered to them again. */
const BREATH = 50;
/** What may be asked twice without harm (RFC 9110, 9.2.2). */
const IDEMPOTENT = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'];
/** Headers that are about one connection and not about what it carries. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer'];

let backends = [];
let turn = 0;

function readBackends() {
  backends = JSON.parse(readFileSync(join(directory, 'backends.json'), 'utf8'));
}

function withoutConnection(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));
}

/**
 * Offers a request to one unit. Gives its answer as soon as that begins; throws where none came, with `sent` saying
 * whether the unit may have seen the request.
 */
function offer({ host, port }, { method, url, headers }, body) {
  return new Promise((resolve, reject) => {
    let sent = false;
    // A connection for each request: one that is kept may be closed by the unit in the very moment it is used again.
    const options = { host, port, method, path: url, headers: withoutConnection(headers), agent: false };
    const asked = ask({ ...options, timeout: SILENCE }, resolve);
    asked.on('socket', (socket) =>
      socket.once('connect', () => {
        sent = true;
      }),
    );
    asked.on('timeout', () => asked.destroy(new Error('silent')));
    asked.on('error', (error) => reject(Object.assign(error, { sent })));
    asked.end(body);
  });
}

/** The answer of the first unit that gives one; undefined where none does in time, or may be asked again. */
async function anyAnswer(request, body, gone) {
  const end = Date.now() + patience * 1_000;
  do {
    // Each unit once, from the one whose turn it is; who they are may change meanwhile.
    const units = [...backends.keys()].map((index) => backends[(turn + index) % backends.length]);
    turn += 1;
    for (const unit of units) {
      if (gone()) return undefined;
      try {
        return { unit, answer: await offer(unit, request, body) };
      } catch (error) {
        if (error.sent && !IDEMPOTENT.includes(request.method)) return undefined;
      }
    }
    await pause(BREATH);
  } while (Date.now() < end && !gone());
  return undefined;
}

/** @returns the whole body, so that it can be sent again; undefined where it is too large */
async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= LARGEST_BODY) chunks.push(chunk);
  }
  return size <= LARGEST_BODY ? Buffer.concat(chunks) : undefined;
}

function refuse(response, status, words) {
  response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' });
  response.end(`${words}\n`);
}

async function passOn(request, response) {
  const body = await bodyOf(request);
  if (body === undefined) return refuse(response, 413, 'that is too much');
  const found = await anyAnswer(request, body, () => response.destroyed);
  if (found === undefined) return refuse(response, 503, 'no unit answers');
  const { unit, answer } = found;
  response.writeHead(answer.statusCode, { ...withoutConnection(answer.headers), 'X-Served-By': unit.unit });
  answer.pipe(response);
  // Half an answer cannot be taken back, but it must not look like a whole one.
  answer.on('error', () => response.destroy());
  response.on('close', () => answer.destroy());
}

readBackends();
process.on('SIGHUP', readBackends);
const server = createServer((request, response) => {
  passOn(request, response).catch(() => response.destroy());
});
server.on('error', (error) => {
  process.stderr.write(`cannot serve on ${address}:${port}: ${error.message}\n`);
  process.exit(1);
});
server.listen(Number(port), address, () => {
  // The hooks take this file as the word that the balancer answers.
  const file = join(directory, 'pid');
  writeFileSync(`${file}.new`, `${process.pid}\n`);
  renameSync(`${file}.new`, file);
});
// Requests under way are answered before the process ends.
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
});
