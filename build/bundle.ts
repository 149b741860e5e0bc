import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleCommand, common, root, whenNeeded } from './bundle-command.js';
import { compile } from './compile.js';

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
await compile(bin);
