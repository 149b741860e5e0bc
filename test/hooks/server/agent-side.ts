import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { HookContext } from '../../../hooks/context/hook-context.js';
import type { HookRelation } from '../../../hooks/context/relation.js';
import { startToolServer, type ToolServer } from '../../../hooks/server/tool-server.js';
import { systemClock } from '../../../state/platform/clock.js';
import { RecordingSource } from '../context/recording-source.js';
import { UnitFixture } from '../fixtures.js';

/** The hook tools' half of an agent: contexts by id, and a socket. */
export class AgentSide {
  readonly unit = new UnitFixture();
  readonly contexts = new Map<string, HookContext>();
  #server: ToolServer | undefined;

  get socket(): string {
    return this.unit.path('s', 'agent.sock');
  }

  async listen(): Promise<void> {
    this.#server = await startToolServer(this.socket, (id) => this.contexts.get(id), systemClock);
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    this.unit.remove();
  }

  addContext(id: string, values: RecordingSource['values'] = {}): RecordingSource {
    const source = new RecordingSource();
    source.values = values;
    this.contexts.set(id, new HookContext(id, source));
    return source;
  }

  addRelationContext(id: string, source: RecordingSource, relation: HookRelation): void {
    this.contexts.set(id, new HookContext(id, source, undefined, relation));
  }

  /** What a hook with this context has in its environment. */
  environment(id: string): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, ENSEMBLE_AGENT_SOCKET: this.socket, ENSEMBLE_CLIENT_ID: id };
  }
}

/** Sends bytes, ends its side unless `open`, and gives everything that comes back. */
export async function exchange(path: string, bytes: string | Uint8Array, open = false): Promise<string> {
  const socket = connect(path);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'connect');
  if (open) socket.write(bytes);
  else socket.end(bytes);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

export interface Finished {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit status. */
export function run(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string | Buffer = '',
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { env, maxBuffer: 64e6 }, (error, stdout, stderr) => {
      resolve({ exit: error ? Number(error.code) : 0, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
