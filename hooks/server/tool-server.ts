import { once } from 'node:events';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../../state/platform/clock.js';
import { SocketInUse, SocketPathTooLong } from '../errors.js';
import { hookTools } from '../tools/all-tools.js';
import type { HookTool } from '../tools/tool.js';
import { type About, answer, encodeResult, type FindContext, refuse } from './answer.js';
import { REQUEST_LIMIT } from './request.js';

/** Bytes that a unix socket's path may have (unix(7): 108 with the final zero). */
const PATH_LIMIT = 107;

/** Milliseconds that a connection may take to send its request. */
const REQUEST_TIMEOUT = 30_000;

/** Milliseconds that a client may take to read its answer and to end its side. */
const LINGER_TIMEOUT = 30_000;

/** Milliseconds that calls under way are given when the agent stops. */
const CLOSE_TIMEOUT = 1_000;

export interface ToolServer {
  /** Stops listening. Calls that get no answer any more within a second are made again to the next agent. */
  close(): Promise<void>;
}

/**
 * Answers hook tools on a unix socket that only this user can reach.
 *
 * @param find waits until the contexts of adopted hooks stand: a tool whose hook is unknown is refused
 * @param more `about`: what the agent says of itself
 * @throws SocketPathTooLong, SocketInUse
 */
export async function startToolServer(
  path: string,
  find: FindContext,
  clock: Clock,
  { tools = hookTools, about }: { readonly tools?: readonly HookTool[]; readonly about?: About } = {},
): Promise<ToolServer> {
  if (Buffer.byteLength(path) > PATH_LIMIT) throw new SocketPathTooLong({ path });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700);
  await removeStale(path);
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const calls = new Map<Socket, 'waiting' | 'answering'>();
  const reply = (socket: Socket, line: Buffer): Promise<Buffer> => {
    calls.set(socket, 'answering');
    return answer(line, byName, find, about);
  };
  // A client may close its side after the request; it still gets its answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    calls.set(socket, 'waiting');
    socket.once('close', () => calls.delete(socket));
    serve(socket, clock, (line) => reply(socket, line));
  });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o600);
  return { close: () => closeServer(server, calls, clock) };
}

/** A socket that a killed agent left is in the way; one that answers belongs to somebody. */
async function removeStale(path: string): Promise<void> {
  const socket = connect(path);
  const answers = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  if (answers) throw new SocketInUse({ path });
  await rm(path, { force: true });
}

/** Reads one line, answers it, and closes. */
function serve(socket: Socket, clock: Clock, reply: (line: Buffer) => Promise<Buffer>): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let done = false;
  let timer: Timer;
  const finish = (response: Buffer | undefined): void => {
    done = true;
    timer.cancel();
    if (response) socket.end(response);
    else socket.destroy();
    // The client may still send: let it, so that it reads its answer instead of a broken pipe; but not for ever.
    if (!socket.destroyed) timer = clock.after(LINGER_TIMEOUT, () => socket.destroy());
    socket.resume();
  };
  // However many bytes come meanwhile. An answer may take longer: the agent itself may have to wait.
  timer = clock.after(REQUEST_TIMEOUT, () =>
    finish(
      size === 0
        ? undefined
        : encodeResult(
            refuse(
              2,
              `ensemble-agent: the request did not come whole within ${REQUEST_TIMEOUT / 1_000} seconds`,
            ),
          ),
    ),
  );
  socket.on('data', (chunk: Buffer) => {
    if (done) return;
    const newline = chunk.indexOf(10);
    chunks.push(newline < 0 ? chunk : chunk.subarray(0, newline));
    size += newline < 0 ? chunk.length : newline;
    if (size > REQUEST_LIMIT) {
      finish(encodeResult(refuse(2, `ensemble-agent: the request is longer than ${REQUEST_LIMIT} bytes`)));
    } else if (newline >= 0) {
      done = true;
      timer.cancel();
      void reply(Buffer.concat(chunks)).then(finish, () => finish(undefined));
    }
  });
  socket.on('end', () => {
    if (!done)
      finish(
        size === 0
          ? undefined
          : encodeResult(refuse(2, 'ensemble-agent: the request ends before its line does')),
      );
  });
  // A hook may be killed while its tool is answered.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    done = true;
    timer.cancel();
  });
}

async function closeServer(
  server: Server,
  calls: ReadonlyMap<Socket, 'waiting' | 'answering'>,
  clock: Clock,
): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  for (const [socket, state] of calls) if (state === 'waiting') socket.destroy();
  const timer = clock.after(CLOSE_TIMEOUT, () => {
    for (const socket of calls.keys()) socket.destroy();
  });
  await closed;
  timer.cancel();
}
