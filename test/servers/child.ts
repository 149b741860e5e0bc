import { spawn } from 'node:child_process';

/** A server process of the tests. */
export interface Child {
  readonly pid: number;
  /** What it printed so far. */
  output(): string;
  /** @throws what it printed, when it is no longer running */
  throwIfEnded(): void;
  /** Sends a signal; nothing happens where it is gone. */
  signal(signal: NodeJS.Signals): void;
  /** Kills it, stopped or not, and waits until it is gone; fine twice. */
  stop(): Promise<void>;
}

/**
 * Starts a server that dies with this process, however that ends: `setpriv` has the kernel kill it, which works after
 * `kill -9` of the tests too.
 */
export function startChild(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Child {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let ended: string | undefined;
  const keep = (chunk: Buffer): void => {
    printed = (printed + chunk.toString()).slice(-10_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ended = error.message;
      resolve();
    });
    child.once('close', (code, signal) => {
      ended = `ended with ${signal ?? code}`;
      resolve();
    });
  });
  return {
    pid: child.pid ?? -1,
    output: () => printed,
    throwIfEnded: () => {
      if (ended !== undefined) throw new Error(`${command} ${ended}\n${printed}`);
    },
    signal: (signal) => {
      if (ended === undefined) child.kill(signal);
    },
    stop: async () => {
      if (ended === undefined) child.kill('SIGKILL');
      await gone;
    },
  };
}
