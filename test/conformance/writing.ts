import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CoordinatorOptions } from '../../state/coordination/coordinator.js';
import type { Bench } from './coordinator.js';

/** What a writer process does: `writer.ts` reads it as JSON from its only argument. */
export type Task =
  /** Adds 1 to the number at `path`, `times` times, by version-checked sets. */
  | { readonly do: 'count'; readonly path: string; readonly times: number }
  /** Sets `path` to `<name>-1` … `<name>-<times>`, one after the other. */
  | { readonly do: 'write'; readonly path: string; readonly name: string; readonly times: number }
  /** Creates and removes the children `<name>-0` … of `path` in turn, `times` times; an odd number leaves one. */
  | { readonly do: 'children'; readonly path: string; readonly name: string; readonly times: number }
  /** Creates an ephemeral node at `path` and lives until it is killed. */
  | { readonly do: 'hold'; readonly path: string }
  /** Leads at `path`, sets `plan` under the guard of that when it is to begin, and exits with 0 if it was refused. */
  | { readonly do: 'lead'; readonly path: string; readonly plan: string };

/** What a writer process gets to know. */
export type Order = Task & { readonly url: string; readonly options: CoordinatorOptions };

/** A writer process that has connected, and has made its node if it is to hold one. */
export interface Writer {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Lets a writer that waits for it begin, all of several at the same moment. */
  begin(): void;
  /** Resolves with what it exited with, null after a signal. */
  readonly ended: Promise<number | null>;
}

const running = new Set<ChildProcess>();
// A test that fails in the middle must not leave its writers behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a process that does `task` on the bench's tree; resolves when it is connected and ready to begin. */
export async function startWriter(bench: Bench, task: Task): Promise<Writer> {
  const order: Order = {
    ...task,
    url: bench.tree.url,
    options: { sessionTimeout: bench.tree.sessionTimeout, ...bench.tree.options },
  };
  const program = fileURLToPath(new URL('./writer.js', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.add(child);
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => {
    running.delete(child);
    return code ?? null;
  });
  const ready = once(createInterface(child.stdout), 'line');
  await Promise.race([
    ready,
    ended.then((code) => {
      throw new Error(`the writer exited with ${code} before it was ready`);
    }),
  ]);
  return { pid: child.pid ?? 0, kill: (signal) => child.kill(signal), begin: () => child.stdin.end(), ended };
}
