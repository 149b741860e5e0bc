import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleCommand, common, root, whenNeeded } from './bundle-command.js';

/**
 * Makes the two commands as they are installed: each in one file, since to find and compile a hundred modules takes
 * longer than most commands. `tsc` has checked the types by then; the tests run what `tsc` wrote, and test this once.
 */
const bin = join(root, 'dist/bin');

// What was compiled from an older bundle must never meet a newer one: V8 tells them apart by their length alone.
await rm(bin, { recursive: true, force: true });
await bundleCommand('cli/run.ts', bin);
await build({
  ...common,
  outdir: bin,
  format: 'esm',
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  entryPoints: { 'ensemble-agent': 'agent/main.ts', 'node-client': 'hooks/client/node-client.ts' },
  plugins: [whenNeeded],
});

// Commands are run to their end, so that V8 has compiled what they use, and not only what each one loads.
const home = await mkdtemp(join(tmpdir(), 'ensemble-build-'));
const ensemble = (command: string, compile: 'compile' | '' = ''): void => {
  const env = {
    ...process.env,
    ENSEMBLE_HOME: home,
    ENSEMBLE_REPOSITORY: join(root, 'examples/principia'),
    ...(compile && { ENSEMBLE_COMPILE: compile }),
  };
  // Through pipes, as scripts run them: a terminal is written to by other code.
  execFileSync(process.execPath, [join(bin, 'ensemble.cjs'), ...command.split(' ')], { env, stdio: 'pipe' });
};
try {
  ensemble('bootstrap');
  ensemble('deploy --no-wait notes');
  ensemble('deploy --no-wait store');
  // Of the commands that have no file of their own the one that uses most.
  ensemble('deploy --no-wait guestbook-1', 'compile');
  ensemble('add-relation notes store');
  ensemble('status', 'compile');
  ensemble('upgrade-formula --no-wait guestbook', 'compile');
} finally {
  await rm(home, { recursive: true, force: true });
}
