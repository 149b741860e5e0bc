import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { compiledStore } from './compiled-store.js';
import { alone, wrapper } from './load-run.js';
import { partsWhenUsed } from './parts-when-used.js';

/** Where the sources are. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Packages with native code, or so large that only who needs them shall read them: they stay where npm put them. */
const outside = /^(lmdb|@viz-js\/viz|@aws-sdk\/.*)$/;

/** An import of a package outside becomes a `require` at the moment the module that imports it is first needed. */
export const whenNeeded: Plugin = {
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

export const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Not the names, which stacks show.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  logLevel: 'warning',
};

/** Leaves the other commands out of a file for one. */
const only = (command: string): Plugin => ({
  name: 'one-command',
  setup({ onResolve }) {
    onResolve({ filter: /\/commands\/[a-z-]+\.js$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' && !path.endsWith(`/${command}.js`) ? { path, external: true } : undefined,
    );
  },
});

/** Node starts a script sooner than a module, by about a quarter of its start. */
const script: BuildOptions = {
  ...common,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.dirname': '__dirname' },
};

/**
 * Writes a command in several files: `ensemble.cjs` answers `--version` by itself, and else loads one of the others, made
 * of the module `run`, with the code that V8 compiled (`*.cache`) where this very release of Node runs it: `run.cjs`,
 * which has everything, or the one of the command that is run, if it is among those that have one.
 */
export async function bundleCommand(run: string, outdir: string): Promise<void> {
  const plugins = [compiledStore, partsWhenUsed, whenNeeded];
  await build({ ...script, outdir, entryPoints: { run }, plugins });
  for (const command of alone)
    await build({
      ...script,
      outdir,
      entryPoints: { [command]: run },
      plugins: [only(command), ...plugins],
      banner: { js: wrapper[0] },
      footer: { js: wrapper[1] },
      // Whoever wants to see stacks, by `--debug`, runs the other one.
      sourcemap: false,
      minifyIdentifiers: true,
    });
  await build({ ...script, outdir, entryPoints: { ensemble: 'cli/main.ts' }, plugins: [compiledRun] });
}
