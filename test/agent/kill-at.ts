import childProcess from 'node:child_process';
import fs, { mkdtempSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';

/**
 * Bundled with the agent, and run before it: kills it (SIGKILL) at the moment of its nth durable
 * effect, counted over the disk, the journal, the embedded state tree and processes; `before` it happens or `after`.
 * `$KILL_AT` is e.g. `12 before`.
 */
const [text, moment] = (process.env.KILL_AT ?? '').split(' ');
const at = Number(text);
let count = 0;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; nothing of this process may happen any more.
  for (;;);
}

type Call = (...args: unknown[]) => unknown;

function watched(call: Call): Call {
  return function (this: unknown, ...args: unknown[]) {
    count += 1;
    const mine = count === at;
    if (mine && moment === 'before') die();
    const result = call.apply(this, args);
    if (mine) {
      if (result instanceof Promise) void result.finally(die);
      else die();
    }
    return result;
  };
}

function patch(target: object, names: readonly string[]): void {
  const record = target as Record<string, unknown>;
  for (const name of names) {
    const call = record[name];
    if (typeof call === 'function') record[name] = watched(call as Call);
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'ensemble-kill-at-'));
const store = open({ path: scratch });
const prototypes: object[] = [];
for (let each = Object.getPrototypeOf(store); each !== Object.prototype; each = Object.getPrototypeOf(each)) {
  prototypes.push(each);
}
await store.close();
rmSync(scratch, { recursive: true });
for (const prototype of prototypes) {
  const own = Object.getOwnPropertyNames(prototype);
  patch(
    prototype,
    ['put', 'remove', 'putSync', 'transaction', 'transactionSync', 'childTransaction'].filter((name) =>
      own.includes(name),
    ),
  );
}
const effects = ['rename', 'symlink', 'rm', 'writeFile', 'link', 'mkdir', 'unlink', 'rmdir'];
patch(fs.promises, effects);
patch(
  fs,
  effects.map((name) => `${name}Sync`),
);
patch(childProcess, ['spawn']);
syncBuiltinESMExports();
process.once('exit', () => process.stderr.write(`effects: ${count}\n`));
