import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCoordinator } from '../../state/coordination/embedded/embedded-coordinator.js';
import { openStorage } from '../../state/storage/open.js';

/**
 * Bundled with the command, and run before it: kills it (SIGKILL) at the moment of its nth write to
 * the embedded state or to a storage in a directory, `before` it is made or `after`. `$DIE_AT` is e.g. `3 before`.
 */
const [text, moment] = (process.env.DIE_AT ?? '').split(' ');
const at = Number(text);
let count = 0;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; nothing of this process may happen any more.
  for (;;);
}

type Call = (...args: unknown[]) => unknown;

function watch(target: object, names: readonly string[]): void {
  for (const name of names) {
    const call = Reflect.get(target, name) as Call;
    Reflect.set(target, name, async function (this: unknown, ...args: unknown[]) {
      count += 1;
      const isMine = count === at;
      if (isMine && moment === 'before') die();
      try {
        return await call.apply(this, args);
      } finally {
        if (isMine) die();
      }
    });
  }
}

watch(EmbeddedCoordinator.prototype, ['create', 'set', 'remove', 'transaction']);
const scratch = mkdtempSync(join(tmpdir(), 'ensemble-die-at-'));
const storage = await openStorage(`file:${scratch}`);
watch(Object.getPrototypeOf(storage), ['put']);
storage.close();
rmSync(scratch, { recursive: true });
