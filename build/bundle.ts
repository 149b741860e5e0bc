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
const ensemble = (command: string, variables: NodeJS.ProcessEnv = {}): void => {
  const env = {
    ...process.env,
    ENSEMBLE_HOME: home,
    ENSEMBLE_REPOSITORY: join(root, 'examples/principia'),
    ...variables,
  };
  execFileSync(process.execPath, [join(bin, 'ensemble.cjs'), ...command.split(' ')], {
    env,
    stdio: 'ignore',
  });
};
try {
  ensemble('bootstrap');
  ensemble('deploy --no-wait notes');
  ensemble('deploy --no-wait store');
  ensemble('deploy --no-wait guestbook-1');
  ensemble('add-relation notes store');
  ensemble('status', { ENSEMBLE_COMPILE: 'yes' });
  ensemble('upgrade-formula --no-wait guestbook', { ENSEMBLE_COMPILE: 'yes' });
} finally {
  await rm(home, { recursive: true, force: true });
}
