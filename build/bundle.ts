import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/*
 * Makes the commands as they are installed: each in one file, since to find and compile a hundred modules takes
 * longer than most commands. `tsc` has checked the types by then; the tests run what `tsc` wrote, and test this once.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = join(root, 'dist/bin');

/** Packages with native code, or so large that only who needs them shall read them: they stay where npm put them. */
const outside = /^(lmdb|undici|@viz-js\/viz|@aws-sdk\/.*)$/;

/** An import of a package outside becomes a `require` at the moment the module that imports it is first needed. */
const whenNeeded: Plugin = {
  name: 'when-needed',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: outside }, ({ kind, path }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'when-needed' },
    );
    onLoad({ filter: /./, namespace: 'when-needed' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }));
  },
};

/** The command's first file loads the rest through `load-run`, which knows of the compiled code. */
const compiledRun: Plugin = {
  name: 'compiled-run',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/run\.js$/ }, () => ({ path: join(root, 'build/load-run.ts') }));
  },
};

const common: BuildOptions = {
  absWorkingDir: root,
  outdir: bin,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Not the names, which stacks show.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  logLevel: 'warning',
};

/** Node starts a script sooner than a module, by about a quarter of its start. */
const script: BuildOptions = {
  ...common,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.dirname': '__dirname' },
};

// Code compiled from an older bundle must never meet a newer one: V8 tells them apart by their length alone.
await rm(bin, { recursive: true, force: true });
await build({ ...script, entryPoints: { run: 'cli/run.ts' }, plugins: [whenNeeded] });
// Answers `--version` by itself.
await build({ ...script, entryPoints: { ensemble: 'cli/main.ts' }, plugins: [compiledRun] });
await build({
  ...common,
  format: 'esm',
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  entryPoints: { 'ensemble-agent': 'agent/main.ts' },
  plugins: [whenNeeded],
});
await build({ ...script, entryPoints: { 'ensemble-migrate': 'migrate/main.ts' }, plugins: [whenNeeded] });
await build({ ...script, entryPoints: { 'ensemble-watcher': 'watcher/main.ts' }, plugins: [whenNeeded] });

const home = await mkdtemp(join(tmpdir(), 'ensemble-'));
try {
  const ensemble = (command: string, variables: NodeJS.ProcessEnv = {}): Promise<unknown> =>
    promisify(execFile)(process.execPath, [join(bin, 'ensemble.cjs'), command], {
      env: { PATH: process.env.PATH, HOME: home, ENSEMBLE_HOME: home, ...variables },
    });
  await ensemble('bootstrap');
  await ensemble('status', { ENSEMBLE_COMPILE: '' });
} finally {
  await rm(home, { recursive: true, force: true });
}
