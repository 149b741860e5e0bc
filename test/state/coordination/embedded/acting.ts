import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventuallyTrue } from '../../../eventually.js';

/** A running `actor.ts`. */
export interface Actor {
  readonly pid: number;
  /** What it has said so far. */
  readonly lines: readonly string[];
  /** Resolves when it has said `line`. */
  said(line: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<unknown>;
}

const actors = new Set<Actor>();

export function act(role: 'pairs' | 'watch' | 'own' | 'lock' | 'open', url: string, count = 0): Actor {
  const program = fileURLToPath(new URL('./actor.js', import.meta.url));
  const child = spawn(process.execPath, [program, role, url, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const actor: Actor = {
    pid: child.pid ?? 0,
    lines,
    said: (line) => eventuallyTrue(`${role} says ${line}`, () => lines.includes(line)),
    kill: (signal) => child.kill(signal),
    // `close` comes when all it said was read.
    ended: once(child, 'close').then(() => actors.delete(actor)),
  };
  actors.add(actor);
  return actor;
}

/** Ends the actors of a test; stopped ones too. */
export async function endActors(): Promise<void> {
  for (const actor of actors) actor.kill('SIGKILL');
  await Promise.all([...actors].map((actor) => actor.ended));
}
